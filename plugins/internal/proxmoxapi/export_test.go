package proxmoxapi

// NewWithClock is New with a clock of the test's.
var NewWithClock = newClient
