package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/pulse-hub/pulse/agent/report"
)

const bareRole = "serve-bare"

// serveBare is the ceiling that ingest is measured against: gin and
// encoding/json on the same body, and nothing else.
func serveBare() {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET("/api/health", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "healthy"}) })
	engine.POST("/api/agents/host/report", func(c *gin.Context) {
		var body report.Host
		if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
			c.AbortWithStatus(http.StatusBadRequest)
			return
		}
		c.JSON(http.StatusOK, report.HostAnswer{Success: true, HostID: body.Host.ID, LastSeen: body.Timestamp})
	})
	server := &http.Server{Addr: os.Args[2], Handler: engine, ReadHeaderTimeout: 15 * time.Second}
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
