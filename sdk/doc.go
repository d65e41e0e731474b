// Package sdk is what a plugin author writes against: describe a plugin,
// give it components, and hand it to Main.
//
//	func main() {
//		plugin := sdk.New("acme.tcp", "0.1.0")
//		sdk.Main(sdk.Source(plugin, "tcp", "TCP probe", newProbe))
//	}
//
// A component is made of a configuration struct C, whose fields and tags
// become the form of the hub's page (see package schema), and a factory that
// makes a value T of it. Each instance the operator sets up is one T. What T
// can do follows from its methods: a source must be a Collector (or a
// DatasetCollector), a notifier a Sender, an AI provider a Chatter; and each
// may be a Tester, HealthReporter or Closer, a source also a Watcher or Actor.
//
// The hub runs one process per plugin, with all its instances, and calls them
// concurrently: methods of T must be safe for that. A panic in a method ends
// the call and not the process; one in a goroutine of the plugin's own ends
// the process.
package sdk
