package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/chat"
)

// EncodeModel returns the message for one model.
func EncodeModel(v *chat.Model) *pluginv1.Model {
	return &pluginv1.Model{
		Id:             v.ID,
		Name:           v.Name,
		ContextTokens:  v.ContextTokens,
		Tools:          v.Tools,
		Vision:         v.Vision,
		Reasoning:      v.Reasoning,
		CreatedSeconds: v.CreatedSeconds,
	}
}

// EncodeChatRequest returns the message for a request to one instance.
func EncodeChatRequest(instanceID string, v *chat.Request) *pluginv1.ChatRequest {
	return &pluginv1.ChatRequest{
		InstanceId:     instanceID,
		Model:          v.Model,
		Messages:       encodeAll(v.Messages, encodeChatMessage),
		Tools:          encodeAll(v.Tools, encodeTool),
		MaxTokens:      v.MaxTokens,
		Temperature:    v.Temperature,
		ResponseSchema: v.ResponseSchema,
		ToolChoice:     v.ToolChoice,
	}
}

func encodeChatMessage(v *chat.Message) *pluginv1.Message {
	return &pluginv1.Message{Role: v.Role, Parts: encodeAll(v.Parts, encodePart)}
}

func encodePart(v *chat.Part) *pluginv1.Part {
	switch {
	case v.ToolCall != nil:
		return &pluginv1.Part{Part: &pluginv1.Part_ToolCall{ToolCall: encodeToolCall(v.ToolCall)}}
	case v.ToolResult != nil:
		return &pluginv1.Part{Part: &pluginv1.Part_ToolResult{ToolResult: &pluginv1.ToolResult{
			Id:      v.ToolResult.ID,
			Name:    v.ToolResult.Name,
			Text:    v.ToolResult.Text,
			IsError: v.ToolResult.IsError,
		}}}
	case v.Blob != nil:
		return &pluginv1.Part{Part: &pluginv1.Part_Blob{Blob: &pluginv1.Blob{
			MediaType: v.Blob.MediaType,
			Data:      v.Blob.Data,
		}}}
	case v.Thinking != nil:
		return &pluginv1.Part{Part: &pluginv1.Part_Thinking{Thinking: encodeThinking(v.Thinking)}}
	}
	return &pluginv1.Part{Part: &pluginv1.Part_Text{Text: v.Text}}
}

func encodeThinking(v *chat.Thinking) *pluginv1.Thinking {
	return &pluginv1.Thinking{Text: v.Text, Signature: v.Signature}
}

func encodeTool(v *chat.Tool) *pluginv1.Tool {
	return &pluginv1.Tool{Name: v.Name, Description: v.Description, ParametersSchema: v.ParametersSchema}
}

func encodeToolCall(v *chat.ToolCall) *pluginv1.ToolCall {
	return &pluginv1.ToolCall{Id: v.ID, Name: v.Name, ArgumentsJson: v.ArgumentsJSON, Signature: v.Signature}
}

// EncodeDelta returns the message for the next piece of an answer.
func EncodeDelta(v *chat.Delta) *pluginv1.ChatDelta {
	switch {
	case v.Thinking != nil:
		return &pluginv1.ChatDelta{Delta: &pluginv1.ChatDelta_Thinking{Thinking: encodeThinking(v.Thinking)}}
	case v.ToolCall != nil:
		return &pluginv1.ChatDelta{Delta: &pluginv1.ChatDelta_ToolCall{ToolCall: encodeToolCall(v.ToolCall)}}
	case v.Finish != nil:
		return &pluginv1.ChatDelta{Delta: &pluginv1.ChatDelta_Finish{Finish: &pluginv1.Finish{
			Reason:       v.Finish.Reason,
			InputTokens:  v.Finish.InputTokens,
			OutputTokens: v.Finish.OutputTokens,
			CachedTokens: v.Finish.CachedTokens,
			Model:        v.Finish.Model,
		}}}
	}
	return &pluginv1.ChatDelta{Delta: &pluginv1.ChatDelta_Text{Text: v.Text}}
}
