package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/chat"
)

// DecodeModel returns the model of a message.
func DecodeModel(p *pluginv1.Model) chat.Model {
	return chat.Model{
		ID:             p.GetId(),
		Name:           p.GetName(),
		ContextTokens:  p.GetContextTokens(),
		Tools:          p.GetTools(),
		Vision:         p.GetVision(),
		Reasoning:      p.GetReasoning(),
		CreatedSeconds: p.GetCreatedSeconds(),
	}
}

// DecodeChatRequest returns the request of a message, without the instance it is for.
func DecodeChatRequest(p *pluginv1.ChatRequest) *chat.Request {
	request := &chat.Request{
		Model:          p.GetModel(),
		Messages:       decodeAll(p.GetMessages(), decodeChatMessage),
		Tools:          decodeAll(p.GetTools(), decodeTool),
		MaxTokens:      p.GetMaxTokens(),
		ResponseSchema: p.GetResponseSchema(),
		ToolChoice:     p.GetToolChoice(),
	}
	if p != nil {
		request.Temperature = decodeOptional(p.Temperature)
	}
	return request
}

func decodeChatMessage(p *pluginv1.Message) chat.Message {
	return chat.Message{Role: p.GetRole(), Parts: decodeAll(p.GetParts(), decodePart)}
}

func decodePart(p *pluginv1.Part) chat.Part {
	switch part := p.GetPart().(type) {
	case *pluginv1.Part_Text:
		return chat.Part{Text: part.Text}
	case *pluginv1.Part_ToolCall:
		return chat.Part{ToolCall: decodeToolCall(part.ToolCall)}
	case *pluginv1.Part_ToolResult:
		return chat.Part{ToolResult: &chat.ToolResult{
			ID:      part.ToolResult.GetId(),
			Name:    part.ToolResult.GetName(),
			Text:    part.ToolResult.GetText(),
			IsError: part.ToolResult.GetIsError(),
		}}
	case *pluginv1.Part_Blob:
		return chat.Part{Blob: &chat.Blob{MediaType: part.Blob.GetMediaType(), Data: part.Blob.GetData()}}
	case *pluginv1.Part_Thinking:
		return chat.Part{Thinking: decodeThinking(part.Thinking)}
	}
	return chat.Part{}
}

func decodeThinking(p *pluginv1.Thinking) *chat.Thinking {
	return &chat.Thinking{Text: p.GetText(), Signature: p.GetSignature()}
}

func decodeTool(p *pluginv1.Tool) chat.Tool {
	return chat.Tool{Name: p.GetName(), Description: p.GetDescription(), ParametersSchema: p.GetParametersSchema()}
}

func decodeToolCall(p *pluginv1.ToolCall) *chat.ToolCall {
	return &chat.ToolCall{
		ID: p.GetId(), Name: p.GetName(), ArgumentsJSON: p.GetArgumentsJson(), Signature: p.GetSignature(),
	}
}

// DecodeDelta returns the piece of an answer of a message. One of a sort that
// this side does not know is an empty text.
func DecodeDelta(p *pluginv1.ChatDelta) chat.Delta {
	switch delta := p.GetDelta().(type) {
	case *pluginv1.ChatDelta_Text:
		return chat.Delta{Text: delta.Text}
	case *pluginv1.ChatDelta_Thinking:
		return chat.Delta{Thinking: decodeThinking(delta.Thinking)}
	case *pluginv1.ChatDelta_ToolCall:
		return chat.Delta{ToolCall: decodeToolCall(delta.ToolCall)}
	case *pluginv1.ChatDelta_Finish:
		return chat.Delta{Finish: &chat.Finish{
			Reason:       delta.Finish.GetReason(),
			InputTokens:  delta.Finish.GetInputTokens(),
			OutputTokens: delta.Finish.GetOutputTokens(),
			CachedTokens: delta.Finish.GetCachedTokens(),
			Model:        delta.Finish.GetModel(),
		}}
	}
	return chat.Delta{}
}
