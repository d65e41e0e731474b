package scaffold

import "io/fs"

// otherFiles is the example of the language with another id, and the protocol in the form that it reads.
func (o *Options) otherFiles() (map[string][]byte, error) {
	if o.Language == Node {
		return o.nodeFiles()
	}
	return o.pythonFiles()
}

func (o *Options) nodeFiles() (map[string][]byte, error) {
	const folder = "plugins/examples/node-hello/"
	data := o.names()
	files := map[string][]byte{}
	adapted := map[string][]string{
		"plugin.js":         {"'source/tcp'", "'source/" + data.Type + "'"},
		"serve.js":          nil,
		"plugin.json":       describe(data, "acme.node-tcp", "TCP probe (Node.js)"),
		"package.json":      {`"node-hello"`, `"` + data.Name + `"`},
		"package-lock.json": {`"node-hello"`, `"` + data.Name + `"`},
		".npmrc":            nil,
	}
	if err := o.adaptAll(files, folder, adapted); err != nil {
		return nil, err
	}
	err := fs.WalkDir(o.Source, "proto/pulse", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(o.Source, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return files, o.addTexts(files, data)
}

func (o *Options) pythonFiles() (map[string][]byte, error) {
	const folder, protocol = "plugins/examples/python-hello/", "pulse.plugin.v1.json"
	data := o.names()
	files := map[string][]byte{}
	adapted := map[string][]string{
		"plugin.py":   {`"source/tcp"`, `"source/` + data.Type + `"`},
		"serve.py":    nil,
		"plugin.json": describe(data, "acme.python-tcp", "TCP probe (Python)"),
	}
	if err := o.adaptAll(files, folder, adapted); err != nil {
		return nil, err
	}
	var err error
	if files[protocol], err = o.adapt("proto/testdata/" + protocol); err != nil {
		return nil, err
	}
	return files, o.addTexts(files, data)
}

// describe returns what to replace in an example's plugin.json.
func describe(data names, id, name string) []string {
	return []string{
		`"` + id + `"`, `"` + data.ID + `"`, `"` + name + `"`, `"` + data.Title + `"`,
		`"type": "tcp"`, `"type": "` + data.Type + `"`, `"name": "TCP probe"`, `"name": "` + data.Title + `"`,
	}
}

func (o *Options) adaptAll(files map[string][]byte, folder string, adapted map[string][]string) error {
	for name, pairs := range adapted {
		content, err := o.adapt(folder+name, pairs...)
		if err != nil {
			return err
		}
		files[name] = content
	}
	return nil
}

// addTexts adds what is written anew for each plugin.
func (o *Options) addTexts(files map[string][]byte, data names) error {
	for name, file := range map[string]string{
		"README.md": o.Language + "/README.md.tmpl", ".gitignore": o.Language + "/gitignore.tmpl",
		"sample.json": o.Kind + "/sample.json.tmpl",
	} {
		content, err := render(file, data)
		if err != nil {
			return err
		}
		files[name] = content
	}
	return nil
}
