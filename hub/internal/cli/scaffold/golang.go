package scaffold

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// vendored is the folder that the SDK is written to.
const vendored = "third_party/pulse"

// example is one of the repository's examples and what of it is to be replaced.
type example struct {
	folder, id, component string
}

func goExamples() map[string]example {
	return map[string]example{
		manifest.KindSource:   {"hello-source", "acme.tcp", `"tcp", "TCP probe"`},
		manifest.KindNotifier: {"hello-notifier", "acme.ntfy", `"ntfy", "ntfy"`},
		manifest.KindAI:       {"hello-ai", "acme.echo", `"echo", "Echo"`},
	}
}

func (o *Options) goFiles() (map[string][]byte, error) {
	data := o.names()
	files := map[string][]byte{}
	var err error
	if files["main.go"], err = o.goMain(data); err != nil {
		return nil, err
	}
	if err := o.goModule(&data, files); err != nil {
		return nil, err
	}
	for name, file := range map[string]string{
		"plugin_test.go": o.Kind + "/plugin_test.go.tmpl", "sample.json": o.Kind + "/sample.json.tmpl",
		"README.md": "go/README.md.tmpl", ".gitignore": "go/gitignore.tmpl", "go.mod": "go/go.mod.tmpl",
	} {
		if files[name], err = render(file, data); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// goMain is the tutorial's program with another id, in a form that a test can use.
func (o *Options) goMain(data names) ([]byte, error) {
	from := goExamples()[o.Kind]
	file := "plugins/examples/" + from.folder + "/main.go"
	program, err := o.adapt(file, "Command "+from.folder, "Command "+data.Name,
		`"`+from.id+`"`, `"`+data.ID+`"`, from.component, fmt.Sprintf("%q, %q", data.Type, data.Title))
	if err != nil {
		return nil, err
	}
	before, body, found := bytes.Cut(program, []byte("func main() {\n"))
	body, call, called := bytes.Cut(body, []byte("\tsdk.Main("))
	call, ended := bytes.CutSuffix(call, []byte(")\n}\n"))
	if !found || !called || !ended {
		return nil, fmt.Errorf("%w: %s: its main function", errExample, file)
	}
	return fmt.Appendf(before, "// plugin says what the plugin is.\nfunc plugin() *sdk.Plugin {\n%s\treturn %s\n}\n\n"+
		"func main() { sdk.Main(plugin()) }\n", body, call), nil
}

// goModule adds what the build needs besides the program: go.sum, and the SDK
// unless there is a checkout of it.
func (o *Options) goModule(data *names, files map[string][]byte) error {
	repository := o.Source
	data.SDK = "./" + vendored
	if o.SDK != "" {
		absolute, err := filepath.Abs(o.SDK)
		if err != nil {
			return fmt.Errorf("find SDK: %w", err)
		}
		repository, data.SDK = os.DirFS(absolute), filepath.ToSlash(absolute)
	}
	needed, err := readModules(repository)
	if err != nil {
		return err
	}
	data.Version, data.Modules = needed.version, needed.modules
	files["go.sum"] = needed.sums
	if o.SDK != "" {
		return nil
	}
	if err := addSources(repository, files); err != nil {
		return err
	}
	files[vendored+"/go.mod"], err = render("go/sdk.mod.tmpl", *data)
	return err
}

// addSources adds the files of the SDK and the protocol, without their tests.
func addSources(repository fs.FS, files map[string][]byte) error {
	for _, start := range []string{"LICENSE", "sdk", "proto/gen", "proto/pulse"} {
		err := fs.WalkDir(repository, start, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.IsDir() || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			files[vendored+"/"+name], err = fs.ReadFile(repository, name)
			return err
		})
		if err != nil {
			return fmt.Errorf("read the sources of the SDK: %w", err)
		}
	}
	return nil
}
