package webhook

import (
	"fmt"
	"net/http"
)

// Template describes a service and its payload to people who set up a webhook.
type Template struct {
	Service    string            `json:"service"`
	Name       string            `json:"name"`
	URLPattern string            `json:"urlPattern"` // what is to be filled in stands in braces
	Method     string            `json:"method"`
	Headers    map[string]string `json:"headers"`
	// PayloadTemplate is in the language of the setting "template"; it makes what the service is sent without one.
	PayloadTemplate string `json:"payloadTemplate"`
	Instructions    string `json:"instructions"`
}

// Templates returns the services that a form offers, in its order. The slice
// is the caller's. It is what the hub serves, which has a copy of its own
// because it knows no plugin by its code.
func Templates() ([]Template, error) {
	all := described()
	for i := range all {
		t := &all[i]
		t.Method, t.Headers = http.MethodPost, map[string]string{"Content-Type": contentType(t.Service)}
		text, err := source(t.Service)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", t.Service, err)
		}
		t.PayloadTemplate = text
	}
	return all, nil
}

func described() []Template {
	return []Template{
		{
			Service: serviceDiscord, Name: "Discord Webhook",
			URLPattern: "https://discord.com/api/webhooks/{webhook_id}/{webhook_token}",
			Instructions: "1. In the settings of the channel, open Integrations, then Webhooks.\n" +
				"2. Create a webhook and copy its URL.\n3. Paste it here.",
		},
		{
			Service: serviceTelegram, Name: "Telegram Bot",
			URLPattern: "https://api.telegram.org/bot{bot_token}/sendMessage?chat_id={chat_id}",
			Instructions: "1. Write /newbot to @BotFather and note the token of the bot.\n" +
				"2. Add the bot to the chat and write something there.\n" +
				"3. Open https://api.telegram.org/bot{bot_token}/getUpdates and note chat.id; that of a group begins with a minus sign.\n" +
				"4. Put both into the URL. chat_id must be a number.",
		},
		{
			Service: serviceSlack, Name: "Slack Incoming Webhook",
			URLPattern: "https://hooks.slack.com/services/{team}/{channel}/{token}",
			Instructions: "1. Create an app at https://api.slack.com/apps and turn on Incoming Webhooks.\n" +
				"2. Add a webhook to the workspace and choose the channel.\n3. Paste its URL here.",
		},
		{
			Service: serviceTeams, Name: "Microsoft Teams",
			URLPattern: "https://{tenant}.webhook.office.com/webhookb2/{path}",
			Instructions: "1. In the channel, open Connectors and add an Incoming Webhook.\n2. Paste its URL here.\n" +
				"Where connectors are not offered any more, use Teams with Adaptive Card.",
		},
		{
			Service: servicePagerDuty, Name: "PagerDuty Events API v2",
			URLPattern: "https://events.pagerduty.com/v2/enqueue",
			Instructions: "1. Add the integration Events API v2 to the service.\n" +
				"2. Add its integration key here as the custom field routing_key.\n" +
				"Each alert is an incident, which is closed when the alert is over.",
		},
		{
			Service: serviceAdaptive, Name: "Microsoft Teams (Adaptive Card)",
			URLPattern: "https://{tenant}.logic.azure.com/workflows/{path}",
			Instructions: "1. In Workflows, choose the template that posts to a channel when a webhook request is received.\n" +
				"2. Choose team and channel, and paste the URL that is shown here.",
		},
		{
			Service: servicePushover, Name: "Pushover",
			URLPattern: "https://api.pushover.net/1/messages.json",
			Instructions: "1. Create an application at https://pushover.net/apps/build.\n" +
				"2. Add its token here as the custom field app_token, and your user key as user_token.\n" +
				"3. Optional fields: priority (-2 to 2), sound, device; with priority 2 also retry and expire, in seconds.",
		},
		{
			Service: serviceGotify, Name: "Gotify",
			URLPattern: "https://{gotify_host}/message?token={app_token}",
			Instructions: "1. In Gotify, create an application and copy its token.\n2. Put host and token into the URL.\n" +
				"If the server is in a private network, list that among the networks that may be reached.",
		},
		{
			Service: serviceNtfy, Name: "ntfy.sh",
			URLPattern: "https://ntfy.sh/{topic}",
			Instructions: "1. Choose a topic that nobody can guess and subscribe to it in the app.\n2. Put it into the URL.\n" +
				"For a protected topic add the header Authorization with the value Bearer and the access token.",
		},
		{
			Service: serviceGeneric, Name: "Generic JSON Webhook",
			Instructions: "Any server that takes JSON. Without a template all alerts are sent in one object; " +
				"this template sends the first one. Path and query of the URL may be a template, too.",
		},
	}
}
