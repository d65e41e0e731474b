// Package chat is the conversation between the hub and a language model, in
// plain Go values: what an AI plugin receives and what it answers.
package chat

// The roles of messages.
const (
	RoleSystem    = "system"
	RoleUser      = "user"
	RoleAssistant = "assistant"
	RoleTool      = "tool"
)

// The reasons to end an answer. A provider may have others.
const (
	ReasonStop      = "stop"       // the model was done
	ReasonLength    = "length"     // MaxTokens or the context ran out
	ReasonToolCalls = "tool_calls" // the model waits for tool results
	ReasonFilter    = "content_filter"
)

// Model is one model of a provider.
type Model struct {
	ID, Name      string // Name is for people
	ContextTokens uint32 // 0: not known
	// Tools, Vision and Reasoning say what the model can do.
	Tools, Vision, Reasoning bool
	// CreatedSeconds is when the provider published it, in Unix seconds; 0: not known.
	CreatedSeconds int64
}

// Request is a conversation to continue.
type Request struct {
	Model    string // empty: the provider's default
	Messages []Message
	Tools    []Tool
	// MaxTokens bounds the answer; 0: the provider's default.
	MaxTokens uint32
	// Temperature is nil for the provider's default.
	Temperature *float64
	// ResponseSchema is the JSON Schema the answer must fit; empty: free text.
	ResponseSchema string
	// ToolChoice is "auto", "none", "required" or a tool's name; empty counts as "auto".
	ToolChoice string
}

// Message is one message of a conversation.
type Message struct {
	Role  string
	Parts []Part
}

// Text returns the text parts of the message, joined by line breaks.
func (m Message) Text() string {
	var text string
	for _, part := range m.Parts {
		if part.Text == "" {
			continue
		}
		if text != "" {
			text += "\n"
		}
		text += part.Text
	}
	return text
}

// Part is a part of a message: exactly one field is set.
type Part struct {
	Text       string
	ToolCall   *ToolCall
	ToolResult *ToolResult
	Blob       *Blob
	Thinking   *Thinking
}

// Thinking is what a model thought. The provider's Signature must be given back unchanged.
type Thinking struct{ Text, Signature string }

// Tool is something a model may call.
type Tool struct {
	Name, Description string
	ParametersSchema  string // JSON Schema
}

// ToolCall is one call of a tool.
type ToolCall struct {
	ID, Name      string
	ArgumentsJSON string // one JSON object
	Signature     string // opaque proof of the provider's; empty: none
}

// ToolResult is what a tool answered to the call of the same ID.
type ToolResult struct {
	ID, Name string
	Text     string
	IsError  bool
}

// Blob is an image or document.
type Blob struct {
	MediaType string // "image/png"
	Data      []byte
}

// Delta is the next piece of an answer: exactly one field is set.
type Delta struct {
	Text     string
	Thinking *Thinking
	ToolCall *ToolCall
	Finish   *Finish
}

// Finish ends an answer.
type Finish struct {
	Reason                    string
	InputTokens, OutputTokens uint64
	CachedTokens              uint64 // those of InputTokens that came from a cache
	Model                     string // the model that answered, where it differs from the one asked for
}
