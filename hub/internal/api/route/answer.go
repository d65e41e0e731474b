package route

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
)

// answer renders what a handler returned.
func (s *server) answer(c *gin.Context, answer any, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	switch answer := answer.(type) {
	case Taken:
	case Nothing:
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
	case Created:
		s.writeJSON(c, http.StatusCreated, answer.Body)
	case *Document:
		answer.write(c.Writer, c.Request, &s.compressor)
	case Raw:
		for name, values := range answer.Header {
			c.Writer.Header()[name] = values
		}
		writeBody(c.Writer, http.StatusOK, answer.ContentType, answer.Body)
	default:
		s.writeJSON(c, http.StatusOK, answer)
	}
}

func (s *server) fail(c *gin.Context, err error) {
	var failure *Error
	if !errors.As(err, &failure) {
		if c.Request.Context().Err() != nil {
			return // the caller has gone: there is nobody to answer
		}
		s.Logger.Error("request failed", "method", c.Request.Method, "route", c.GetString(routeKey), "error", err)
		failure = internal()
	}
	failure.write(c.Writer, s.Now())
}

func (s *server) writeJSON(c *gin.Context, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		s.fail(c, fmt.Errorf("encode answer: %w", err))
		return
	}
	writeBody(c.Writer, status, "application/json", body)
}
