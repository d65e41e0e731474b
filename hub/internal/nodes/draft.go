package nodes

// Monitors are the switches of a node. A nil switch says nothing.
type Monitors struct {
	MonitorVMs                   *bool `json:"monitorVMs,omitempty"`
	MonitorContainers            *bool `json:"monitorContainers,omitempty"`
	MonitorStorage               *bool `json:"monitorStorage,omitempty"`
	MonitorBackups               *bool `json:"monitorBackups,omitempty"`
	MonitorPhysicalDisks         *bool `json:"monitorPhysicalDisks,omitempty" description:"Absent: on."`
	PhysicalDiskPollingMinutes   *int  `json:"physicalDiskPollingMinutes,omitempty"`
	TemperatureMonitoringEnabled *bool `json:"temperatureMonitoringEnabled,omitempty" description:"Absent: as the hub's settings say."`
	MonitorDatastores            *bool `json:"monitorDatastores,omitempty"`
	MonitorSyncJobs              *bool `json:"monitorSyncJobs,omitempty"`
	MonitorVerifyJobs            *bool `json:"monitorVerifyJobs,omitempty"`
	MonitorPruneJobs             *bool `json:"monitorPruneJobs,omitempty"`
	MonitorGarbageJobs           *bool `json:"monitorGarbageJobs,omitempty"`
	MonitorMailStats             *bool `json:"monitorMailStats,omitempty"`
	MonitorQueues                *bool `json:"monitorQueues,omitempty"`
	MonitorQuarantine            *bool `json:"monitorQuarantine,omitempty"`
	MonitorDomainStats           *bool `json:"monitorDomainStats,omitempty"`
}

// switches are the places of those that are absent in answers when they are off.
func (m *Monitors) switches() []**bool {
	return []**bool{
		&m.MonitorVMs, &m.MonitorContainers, &m.MonitorStorage, &m.MonitorBackups,
		&m.MonitorDatastores, &m.MonitorSyncJobs, &m.MonitorVerifyJobs, &m.MonitorPruneJobs, &m.MonitorGarbageJobs,
		&m.MonitorMailStats, &m.MonitorQueues, &m.MonitorQuarantine, &m.MonitorDomainStats,
	}
}

// all are the places of every switch.
func (m *Monitors) all() []**bool {
	return append(m.switches(), &m.MonitorPhysicalDisks, &m.TemperatureMonitoringEnabled)
}

// with returns the switches as newer ones change them.
func (m Monitors) with(newer Monitors) Monitors {
	mine, theirs := m.all(), newer.all()
	for i := range mine {
		if *theirs[i] != nil {
			*mine[i] = *theirs[i]
		}
	}
	if newer.PhysicalDiskPollingMinutes != nil {
		m.PhysicalDiskPollingMinutes = newer.PhysicalDiskPollingMinutes
	}
	return m
}

// defaults returns what is on in a new node of which only these switches are told.
func (m Monitors) defaults(typ string) Monitors {
	on := new(true)
	var usual Monitors
	switch typ {
	case "pve":
		usual = Monitors{MonitorVMs: on, MonitorContainers: on, MonitorStorage: on, MonitorBackups: on}
	case "pbs":
		usual = Monitors{MonitorBackups: on}
	case "pmg":
		if !isOn(m.MonitorQueues) && !isOn(m.MonitorQuarantine) && !isOn(m.MonitorDomainStats) {
			usual = Monitors{MonitorMailStats: on}
		}
	}
	return usual.with(m)
}

// shown returns the switches as an answer has them.
func (m Monitors) shown(typ string) Monitors {
	if typ == "pbs" {
		m.MonitorBackups = nil
	}
	for _, place := range m.switches() {
		if !isOn(*place) {
			*place = nil
		}
	}
	if minutes := m.PhysicalDiskPollingMinutes; minutes != nil && *minutes == 0 {
		m.PhysicalDiskPollingMinutes = nil
	}
	return m
}

func isOn(flag *bool) bool { return flag != nil && *flag }

// Draft is what somebody wants a node to be. Empty and nil say nothing.
type Draft struct {
	Type        string `json:"type" enum:"pve,pbs,pmg"`
	Name        string `json:"name"`
	Host        string `json:"host" description:"URL, name or IP address, with or without a port."`
	GuestURL    string `json:"guestURL,omitempty" description:"What links lead to, if another than the host."`
	User        string `json:"user,omitempty"`
	Password    string `json:"password,omitempty"`
	TokenName   string `json:"tokenName,omitempty" description:"user@realm!name, or the name alone with the user beside it."`
	TokenValue  string `json:"tokenValue,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty" description:"SHA-256 of the server's certificate."`
	VerifySSL   *bool  `json:"verifySSL,omitempty" description:"Whether an authority must have signed the certificate; default false."`
	Monitors
}

// check says what is wrong with the draft of a new node.
func (n *Draft) check() (product, error) {
	switch {
	case n.Name == "":
		return product{}, ErrNoName
	case n.Type == "":
		return product{}, ErrNoType
	}
	return n.checkConnection()
}

// checkConnection says what is wrong with the part that says how to get there.
func (n *Draft) checkConnection() (product, error) {
	if _, err := parseAddress(n.Host, n.Type); err != nil {
		return product{}, err
	}
	p, err := productOf(n.Type)
	if err != nil {
		return product{}, err
	}
	if (n.User == "" || n.Password == "") && (n.TokenName == "" || n.TokenValue == "") {
		return product{}, ErrCredentials
	}
	return p, nil
}
