package api

import (
	"runtime"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/condition"
)

// Health says that the hub is up.
type Health struct {
	Status string `json:"status" description:"\"healthy\""`
	// Timestamp is now in Unix seconds.
	Timestamp int64 `json:"timestamp" description:"Now, in Unix seconds."`
	// Uptime is the time since the hub started, in seconds.
	Uptime                      float64 `json:"uptime" description:"Seconds since the hub started."`
	ProxyInstallScriptAvailable bool    `json:"proxyInstallScriptAvailable"`
	// Conditions are what is wrong with the hub, the worst first.
	Conditions []Condition `json:"conditions,omitempty" description:"What is wrong with the hub itself, the worst first."`
}

// Condition is one thing that is wrong with the hub itself.
type Condition struct {
	Code     condition.Code     `json:"code" description:"For programs: \"metrics-blocked\", …"`
	Severity condition.Severity `json:"severity" enum:"warning,critical"`
	Message  string             `json:"message" description:"One sentence for people."`
	Since    time.Time          `json:"since"`
}

// Version says which program this is and how it runs.
type Version struct {
	Version         string `json:"version" description:"Without a leading \"v\"."`
	Build           string `json:"build,omitempty"`
	GoVersion       string `json:"goVersion,omitempty"`
	BuildTime       string `json:"buildTime,omitempty"`
	Runtime         string `json:"runtime,omitempty"`
	Channel         string `json:"channel,omitempty" enum:"stable,rc"`
	IsDocker        bool   `json:"isDocker"`
	IsSourceBuild   bool   `json:"isSourceBuild"`
	IsDevelopment   bool   `json:"isDevelopment"`
	DeploymentType  string `json:"deploymentType,omitempty"`
	UpdateAvailable bool   `json:"updateAvailable"`
	LatestVersion   string `json:"latestVersion,omitempty"`
	Containerized   bool   `json:"containerized"`
}

// ServerInfo is the short form of Version.
type ServerInfo struct {
	IsDevelopment bool   `json:"isDevelopment"`
	Version       string `json:"version"`
}

// AgentVersion is the version that agents compare their own with.
type AgentVersion struct {
	Version string `json:"version"`
}

// PublicConfig are the settings that every reader may know.
type PublicConfig struct {
	AutoUpdateEnabled bool   `json:"autoUpdateEnabled"`
	CSRFProtection    bool   `json:"csrfProtection"`
	UpdateChannel     string `json:"updateChannel"`
}

func (a *API) systemRoutes() []route.Route {
	return []route.Route{
		{
			Methods: getHead(), Path: "/api/health", Access: route.Public(), Limit: route.Cheap(),
			Summary: "Whether the hub is up", Answer: Health{}, Handle: a.health,
		},
		{
			Methods: getHead(), Path: "/api/version", Access: route.Public(), Limit: route.Cheap(),
			Summary: "Version and way of installation", Answer: Version{}, Handle: a.version,
		},
		{
			Methods: getHead(), Path: "/api/server/info", Access: route.Public(),
			Summary: "Version in short", Answer: ServerInfo{}, Handle: a.serverInfo,
		},
		{
			Methods: getHead(), Path: "/api/agent/version", Access: route.Public(),
			Summary: "The version agents should have", Answer: AgentVersion{}, Handle: a.agentVersion,
		},
		{
			Path: "/api/config", Access: route.Scoped(auth.ScopeMonitoringRead), Limit: route.ConfigReads(),
			Summary: "Settings that every reader may know", Answer: PublicConfig{}, Handle: a.publicConfig,
		},
		{
			Methods: getHead(), Path: "/api/monitoring/scheduler/health",
			Access:  route.Scoped(auth.ScopeMonitoringRead),
			Summary: "How polling goes: queue, breakers, dead letters", Answer: SchedulerHealth{}, Handle: a.schedulerHealth,
		},
	}
}

func (a *API) health(*route.Call) (any, error) {
	now := a.Now()
	return Health{
		Status: "healthy", Timestamp: now.Unix(), Uptime: now.Sub(a.Build.Started).Seconds(),
		ProxyInstallScriptAvailable: true, Conditions: a.conditions(),
	}, nil
}

func (a *API) conditions() []Condition {
	if a.Conditions == nil {
		return nil
	}
	list, _ := a.Conditions()
	out := make([]Condition, len(list))
	for i, c := range list {
		out[i] = Condition{Code: c.Code, Severity: c.Severity, Message: c.Message, Since: c.Since.UTC()}
	}
	return out
}

func (a *API) version(*route.Call) (any, error) {
	b := a.Build
	kind := "release"
	if b.Development {
		kind = "development"
	}
	channel := "stable"
	if strings.Contains(b.Version, "-rc") {
		channel = "rc"
	}
	return Version{
		Version: b.Version, Build: kind, BuildTime: kind, GoVersion: runtime.Version(), Runtime: "go", Channel: channel,
		IsDocker: b.Deployment == "docker", IsSourceBuild: b.Deployment == "source", IsDevelopment: b.Development,
		DeploymentType: b.Deployment, Containerized: b.Container,
	}, nil
}

func (a *API) serverInfo(*route.Call) (any, error) {
	return ServerInfo{IsDevelopment: a.Build.Development, Version: a.Build.Version}, nil
}

func (a *API) agentVersion(*route.Call) (any, error) {
	return AgentVersion{Version: a.Build.Version}, nil
}

func (a *API) publicConfig(*route.Call) (any, error) {
	return PublicConfig{}, nil
}
