import { type Caller, getJson, RequestError, requestJson } from "./http";
import { asList, asMoment, asNumber, asObject, asText } from "./json";

const path = "/api/approvals";
/** What the way to the machine and back may take besides the command itself. */
const marginMs = 30_000;

export type ApprovalState = "pending" | "allowed" | "denied";

/** A command that waits for a decision, or for being run. */
export interface Approval {
  readonly id: string;
  /** The id of the agent of the machine. */
  readonly agent: string;
  /** Exactly what the shell gets; may have several lines. */
  readonly command: string;
  /** Where on the machine it runs: `host`, `container` or `vm`. */
  readonly target: string;
  /** The number of the container or virtual machine. */
  readonly targetId: string;
  readonly timeoutSeconds: number;
  readonly reason: string;
  readonly state: ApprovalState;
  readonly requestedBy: string;
  /** Times are in Unix milliseconds. */
  readonly requested: number | undefined;
  /** When it is void, whatever was decided. */
  readonly expires: number | undefined;
  readonly decidedBy: string | undefined;
}

const defaultSeconds = 60;

function decodeApproval(value: unknown): readonly Approval[] {
  const raw = asObject(value);
  const [id, agent, command] = [asText(raw.id), asText(raw.agent), asText(raw.command)];
  // Nobody can agree to what they cannot read.
  if (!id || !agent || !command) return [];
  return [
    {
      id,
      agent,
      command,
      target: asText(raw.target) ?? "host",
      targetId: asText(raw.targetId) ?? "",
      timeoutSeconds: asNumber(raw.timeoutSeconds) ?? defaultSeconds,
      reason: asText(raw.reason) ?? "",
      state: raw.state === "allowed" || raw.state === "pending" ? raw.state : "denied",
      requestedBy: asText(raw.requestedBy) ?? "",
      requested: asMoment(raw.requestedAt),
      expires: asMoment(raw.expiresAt),
      decidedBy: asText(raw.decidedBy),
    },
  ];
}

export function decodeApprovals(value: unknown): readonly Approval[] {
  return asList(asObject(value).approvals).flatMap(decodeApproval);
}

/** Those that are open, the newest first. */
export async function fetchApprovals(caller: Caller, signal: AbortSignal): Promise<readonly Approval[]> {
  return decodeApprovals(await getJson(path, caller, signal));
}

const stepPath = (id: string, step: string) => `${path}/${encodeURIComponent(id)}/${step}`;

/** Agrees to a command, or refuses it. */
export async function decide(id: string, verdict: "allow" | "deny", caller: Caller): Promise<void> {
  await requestJson(stepPath(id, verdict), caller, { method: "POST", body: {} });
}

/** What became of a command. */
export interface CommandOutcome {
  /** It ran and ended with exit code 0. */
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Negative: it did not end by itself, or did not run. */
  readonly exitCode: number;
  /** Why the machine did not run it, or ended it. */
  readonly error: string | undefined;
  readonly durationMs: number;
}

export function decodeOutcome(value: unknown): CommandOutcome {
  const raw = asObject(value);
  const exitCode = asNumber(raw.exitCode);
  if (exitCode === undefined) throw new RequestError("refused", 200);
  return {
    success: raw.success === true,
    stdout: asText(raw.stdout) ?? "",
    stderr: asText(raw.stderr) ?? "",
    exitCode,
    error: asText(raw.error),
    durationMs: asNumber(raw.durationMs) ?? 0,
  };
}

/** Runs a command that was agreed to; resolves when it has ended. */
export async function runCommand(approval: Approval, caller: Caller): Promise<CommandOutcome> {
  const answer = await requestJson(stepPath(approval.id, "run"), caller, {
    method: "POST",
    body: {},
    timeoutMs: approval.timeoutSeconds * 1000 + marginMs,
    // It is used up whatever comes of it: a second try would only be refused.
    patient: false,
  });
  return decodeOutcome(answer);
}

/** A command that somebody wants to run. */
export interface CommandDraft {
  readonly agent: string;
  readonly command: string;
  readonly reason: string;
}

export async function requestCommand(draft: CommandDraft, caller: Caller): Promise<void> {
  await requestJson(path, caller, { method: "POST", body: draft });
}
