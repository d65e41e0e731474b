package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Check is one promise of the protocol and how it is looked into.
type Check struct {
	// ID names the check: lower-case words joined by hyphens. It never changes.
	ID string
	// Title says in a few words what is promised.
	Title string
	// Asserts says in full what has to be so for the check to pass.
	Asserts string

	run func(context.Context, *subject) error
}

// Checks returns all checks in the order in which they run.
func Checks() []Check {
	return []Check{
		{"manifest-valid", "plugin.json is valid",
			"The manifest can be read and keeps all rules of the file format.",
			manifestValid},
		{"schema-subset", "configurations can be shown as forms",
			"The configuration schema of each component is within the subset of JSON Schema that Pulse renders.",
			schemaSubset},
		{"handshake", "the handshake comes in time",
			"The first line of standard output is a handshake, it comes within 5 seconds, and the hub can connect.",
			handshake},
		{"manifest-describe", "Describe says what plugin.json says",
			"Describe returns the manifest, but for the executables.",
			withProcess(manifestDescribed)},
		{"health-service", "the process says that it serves",
			"grpc.health.v1 answers SERVING for the service \"plugin\" within a second.",
			withProcess(healthService)},
		{"required-missing", "a missing setting is named",
			"Configure without a required setting answers with a FieldError whose path is that of the setting.",
			eachComponent(requiredMissing)},
		{"hostile-config", "no configuration brings it down",
			"Random, huge, deeply nested and oddly encoded configurations are refused or accepted, but break nothing; what is no JSON object is refused.",
			eachComponent(hostileConfig)},
		{"hostile-request", "no request brings it down",
			"Calls that no hub makes (unknown datasets, deadlines that are over, empty messages, odd texts, conversations without a message) come to an end, and the process goes on serving.",
			eachComponent(hostileRequest)},
		{"bad-config-keeps", "a refused configuration changes nothing",
			"An instance that is configured again with what is no JSON object stays as it was.",
			eachComponent(badConfigKeeps)},
		{"unknown-instance", "an unknown instance is not found",
			"Calls for an instance that nobody configured answer NOT_FOUND, and so does Configure for an unknown component; Remove of an unknown instance is no error.",
			eachComponent(unknownInstance)},
		{"instances-isolated", "instances do not mix",
			"Three instances used at once each see what they see alone, and removing one leaves the others as they are.",
			eachComponent(instancesIsolated)},
		{"collect-ids", "resources keep their ids",
			"The ids of an instance's resources are not empty, are unique, and most of each kind are the same in a second run.",
			eachSource(collectIDs)},
		{"collect-parents", "parents exist",
			"The parent of each resource is another resource of the same instance, and nothing is its own ancestor.",
			eachSource(collectParents)},
		{"collect-values", "statuses, units and values are known",
			"Each status and unit is one of the protocol's, metrics have lower-case names, and values are finite numbers.",
			eachSource(collectValues)},
		{"collect-chunks", "answers come in small chunks",
			"A chunk holds at most 500 items and about 1 MiB, names its dataset and a time, agrees with the others on full, and the last one alone is marked as last.",
			eachSource(collectChunks)},
		{"cancel", "a cancelled call ends",
			"When the hub gives a call up, connections made for it are closed within a second, and the process answers other calls.",
			eachComponent(cancelObeyed)},
		{"deadline", "a deadline is obeyed",
			"Collect with a deadline that an unanswering server uses up ends within a second after the deadline.",
			eachSource(deadlineObeyed)},
		{"wrong-secret", "wrong credentials are called that",
			"Test with wrong secrets answers STATE_AUTH_FAILED.",
			eachComponent(wrongSecret)},
		{"secrets-kept", "secrets are told to nobody",
			"No secret of a configuration is found in what the process prints, in its errors, answers or manifest.",
			eachComponent(secretsKept)},
		{"remove-frees", "Remove ends an instance",
			"A removed instance is not found, may be removed again, and its id can be configured again.",
			eachComponent(removeFrees)},
		{"panic-survived", "a bug in one call is not the end",
			"A call that panics or throws gives an error, the process goes on serving, and its other instances are as before.",
			eachComponent(panicSurvived)},
		{"delivery-once", "one delivery id is one message",
			"A message sent twice with the same delivery id is one for the provider: the id it gives is the same both times or, told by a stand-in for it, the idempotency key is, and another message has another one.",
			eachNotifier(deliveryOnce)},
		{"stdout-quiet", "standard output stays quiet",
			"Nothing but the handshake is written to standard output.",
			stdoutQuiet},
		{"stdin-eof", "it ends with the hub",
			"The process ends within 2 seconds after standard input has reached its end.",
			withProcess(endsAtEOF)},
		{"shutdown", "it ends when told to",
			"The process ends within 2 seconds after plugin.GRPCController/Shutdown.",
			withProcess(endsAtShutdown)},
		{"parent-gone", "it ends with its parent",
			"The process ends within 2 seconds after its parent has ended, even if standard input stays open. Looked into on Linux.",
			endsWithParent},
		{"needs-declared", "it needs no more than it declares",
			"In a sandbox that allows what plugin.json declares and no more, calls end and see as they do without one, and the configured address is reached. Looked into where there is a sandbox, on Linux.",
			eachComponent(needsDeclared)},
		{"nothing-leaks", "memory, files and threads stay level",
			"After many calls the process has not kept more memory, file descriptors or threads, and stays below the memory it declares. Looked into on Linux.",
			eachComponent(nothingLeaks)},
	}
}

// notApplicable is the error of a check that cannot be made. It is no failure.
type notApplicable string

func (n notApplicable) Error() string { return string(n) }

func notApplicablef(format string, args ...any) error {
	return notApplicable(fmt.Sprintf(format, args...))
}

// perform runs the check and says what became of it.
func (c *Check) perform(ctx context.Context, s *subject) Result {
	limited, cancel := context.WithTimeoutCause(ctx, s.options.Level.checkLimit(), errors.New("the check takes too long"))
	defer cancel()
	begin := time.Now()
	err := c.run(limited, s)
	result := Result{ID: c.ID, Title: c.Title, Outcome: Passed, Seconds: time.Since(begin).Seconds()}
	if err == nil {
		return result
	}
	result.Outcome, result.Reason = Failed, err.Error()
	if _, ok := errors.AsType[notApplicable](err); ok {
		result.Outcome = NotApplicable
	}
	if limited.Err() != nil {
		result.Outcome, result.Reason = Failed, fmt.Sprintf("%v: %v", context.Cause(limited), err)
	}
	result.Reason = s.redact.Redact(result.Reason) // it may quote a plugin that cannot keep a secret
	return result
}
