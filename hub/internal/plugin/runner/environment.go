package runner

// inherited names what a plugin is told of the hub's environment: where it is,
// how it speaks, and whom it trusts. Nothing else is passed on.
func inherited() []string { return []string{"TZ", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR"} }

// Environment returns a plugin's environment: an empty PATH, its own data
// folder as home and for temporary files, and the few variables of the hub
// that lookup (os.LookupEnv) has and that are no secrets.
func Environment(dataDir string, lookup func(string) (string, bool)) []string {
	env := []string{"PATH=", "HOME=" + dataDir, "TMPDIR=" + dataDir}
	for _, name := range inherited() {
		if value, ok := lookup(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
