package command

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestPlan(t *testing.T) {
	tests := []struct {
		name     string
		document string
		image    string
		many     bool
		want     string
		later    []string
	}{
		{
			"what the image gave is left to the new one",
			`{"Config":{"Hostname":"0123456789ab","Image":"app:1","Env":["PATH=/bin","V=1","MINE=2"],"Cmd":["run"],"Entrypoint":["/e"],"WorkingDir":"/w","User":"me",
			  "Labels":{"a":"image","b":"mine"},"Volumes":{"/v":{}},"ExposedPorts":{"80/tcp":{},"81/tcp":{}},"Unknown":{"kept":1}},"HostConfig":{"NetworkMode":"none"}}`,
			`{"Env":["PATH=/bin","V=1"],"Cmd":["run"],"Entrypoint":["/e"],"WorkingDir":"/w","User":"","Labels":{"a":"image"},"Volumes":{"/v":{}},"ExposedPorts":{"80/tcp":{}}}`,
			false,
			`{"Image":"app:1","Env":["MINE=2"],"User":"me","Labels":{"b":"mine"},"Volumes":{},"ExposedPorts":{"81/tcp":{}},"Unknown":{"kept":1},"HostConfig":{"NetworkMode":"none"}}`,
			nil,
		},
		{
			"a command of one's own stays with an entrypoint of one's own",
			`{"Config":{"Hostname":"mine","Image":"app:1","Cmd":["run"],"Entrypoint":["/mine"]},"HostConfig":{"NetworkMode":"none"}}`,
			`{"Cmd":["run"],"Entrypoint":["/e"]}`, false,
			`{"Hostname":"mine","Image":"app:1","Cmd":["run"],"Entrypoint":["/mine"],"Env":null,"Labels":null,"Volumes":null,"ExposedPorts":null,"HostConfig":{"NetworkMode":"none"}}`,
			nil,
		},
		{
			"volumes without a name are kept",
			`{"Config":{"Image":"app:1"},"HostConfig":{"NetworkMode":"none","Binds":["/srv:/srv"],"Mounts":[{"Target":"/m"}]},
			  "Mounts":[{"Type":"bind","Destination":"/srv"},{"Type":"volume","Name":"m","Destination":"/m","RW":true},
			    {"Type":"volume","Name":"abc","Destination":"/data","RW":true},{"Type":"volume","Name":"def","Destination":"/ro"}]}`,
			`{}`, false,
			`{"Image":"app:1","Env":null,"Labels":null,"Volumes":null,"ExposedPorts":null,
			  "HostConfig":{"NetworkMode":"none","Binds":["/srv:/srv","abc:/data","def:/ro:ro"],"Mounts":[{"Target":"/m"}]}}`,
			nil,
		},
		{
			"networks, the one of the mode first",
			`{"Config":{"Image":"app:1"},"HostConfig":{"NetworkMode":"front","Links":["/db:/web/database"]},"NetworkSettings":{"Networks":{
			  "front":{"Aliases":["0123456789ab","web"],"IPAMConfig":{"IPv4Address":"10.0.0.9"},"IPAddress":"10.0.0.9","MacAddress":"02:00"},"back":{"Links":null}}}}`,
			`{}`, false,
			`{"Image":"app:1","Env":null,"Labels":null,"Volumes":null,"ExposedPorts":null,"HostConfig":{"NetworkMode":"front","Links":["db:database"]},
			  "NetworkingConfig":{"EndpointsConfig":{"front":{"Aliases":["web"],"IPAMConfig":{"IPv4Address":"10.0.0.9"}}}}}`,
			[]string{"back"},
		},
		{
			"all networks at once",
			`{"Config":{"Image":"app:1"},"HostConfig":{"NetworkMode":"default"},"NetworkSettings":{"Networks":{"bridge":{},"back":{}}}}`,
			`{}`, true,
			`{"Image":"app:1","Env":null,"Labels":null,"Volumes":null,"ExposedPorts":null,"HostConfig":{"NetworkMode":"default"},
			  "NetworkingConfig":{"EndpointsConfig":{"bridge":{},"back":{}}}}`,
			nil,
		},
		{
			"the network of another container",
			`{"Config":{"Hostname":"other","Domainname":"d","Image":"app:1","ExposedPorts":{"1/tcp":{}}},"HostConfig":{"NetworkMode":"container:abc"},"NetworkSettings":{"Networks":{}}}`,
			``, false,
			`{"Image":"app:1","Env":null,"Labels":null,"Volumes":null,"HostConfig":{"NetworkMode":"container:abc"}}`,
			nil,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			document := fmt.Sprintf(`{"Id":%q,%s`, id, test.document[1:])
			got, err := newPlan(json.RawMessage(document), json.RawMessage(test.image), test.many)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := json.Marshal(got.body)
			var have, want any
			_ = json.Unmarshal(text, &have)
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			var later []string
			for _, each := range got.later {
				later = append(later, each.name)
			}
			if diff := cmp.Diff(test.later, later); diff != "" {
				t.Errorf("networks for later (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzPlan(f *testing.F) {
	f.Add(`{"Id":"`+id+`","Config":{"Env":[1],"Labels":[],"Image":"a"},"HostConfig":{"Links":["x"],"Binds":"a"},"Mounts":[{}],"NetworkSettings":{"Networks":{"a":null}}}`, `{"Env":3}`)
	f.Add(`{}`, ``)
	f.Fuzz(func(t *testing.T, document, image string) {
		got, err := newPlan(json.RawMessage(document), json.RawMessage(image), false)
		if err != nil {
			return
		}
		if _, err := json.Marshal(got.body); err != nil {
			t.Errorf("plan cannot be sent: %v", err)
		}
	})
}

func TestServed(t *testing.T) {
	old, young := "20260101_000000", time.Now().UTC().Format(backupTime)
	names := map[string]bool{"web": true}
	tests := []struct {
		name string
		want bool
	}{
		{"web_pulse_backup_" + old, true},
		{"web_pulse_backup_" + young, false},
		{"gone_pulse_backup_" + old, false},
		{"web_pulse_backup_soon", false},
		{"web", false},
	}
	for _, test := range tests {
		if got := served(test.name, names); got != test.want {
			t.Errorf("served(%q) = %v", test.name, got)
		}
	}
}

func TestJournalIsBounded(t *testing.T) {
	kept := journal{folder: t.TempDir()}
	for i := range maxEntries + 5 {
		if err := kept.put(entry{ID: fmt.Sprint(i), Status: completed}); err != nil {
			t.Fatal(err)
		}
	}
	again := journal{folder: kept.folder}
	if err := again.load(); err != nil {
		t.Fatal(err)
	}
	if len(again.entries) != maxEntries || again.find("4") != nil || again.find(fmt.Sprint(maxEntries+4)) == nil {
		t.Errorf("%d entries are kept", len(again.entries))
	}
}

func FuzzJournal(f *testing.F) {
	f.Add(`[{"id":"a","status":"in_progress","swap":{"name":"x"}}]`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, text string) {
		kept := journal{folder: t.TempDir()}
		if err := os.WriteFile(kept.path(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := kept.load(); err != nil && len(kept.entries) > 0 {
			t.Errorf("%d entries of a file that is not understood", len(kept.entries))
		}
	})
}
