package smart

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestParse(t *testing.T) {
	tests := []struct {
		file string
		want Disk
	}{
		{"sata-hdd", Disk{
			report.SMART{Device: "d", Model: "HGST HUS726020ALE614", Serial: "N4G00001", WWN: "5000cca0499602d2", Type: "sata", Temperature: 27, Health: "PASSED"},
			report.DiskWear{Device: "d", SizeBytes: 2000398934016, Rotational: true, PowerOnHours: 67518, ReallocatedSectors: 8, PendingSectors: 3, UncorrectableErrors: 1, CRCErrors: 12},
		}},
		{"sata-ssd-failing", Disk{
			report.SMART{Device: "d", Model: "Samsung SSD 860 EVO 1TB", Serial: "S3Z00001", WWN: "5002538d5c699c41", Type: "sata", Temperature: 41, Health: "FAILED"},
			report.DiskWear{Device: "d", SizeBytes: 1000204886016, PowerOnHours: 21000, WearPercent: new(17.0), ReallocatedSectors: 40, WrittenBytes: 195312500000 * 512},
		}},
		{"nvme", Disk{
			report.SMART{Device: "d", Model: "Samsung SSD 970 EVO Plus 250GB", Serial: "S4E00001", Type: "nvme", Temperature: 35, Health: "PASSED"},
			report.DiskWear{Device: "d", SizeBytes: 250059350016, PowerOnHours: 3149, WearPercent: new(7.0), SparePercent: new(98.0), UncorrectableErrors: 2, WrittenBytes: 1969459 * 512000},
		}},
		{"sas-ssd", Disk{
			report.SMART{Device: "d", Model: "TOSHIBA PX05SVB096Y", Serial: "59G00001", WWN: "500003979848c001", Type: "sas", Temperature: 30, Health: "PASSED"},
			report.DiskWear{Device: "d", SizeBytes: 960197124096, PowerOnHours: 30211, WearPercent: new(3.0), ReallocatedSectors: 2, UncorrectableErrors: 1, WrittenBytes: 41231500000000},
		}},
		{"standby", Disk{report.SMART{Device: "d", Type: "sata", Standby: true}, report.DiskWear{Device: "d"}}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			got, err := Parse("d", read(t, test.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("disk (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefusals(t *testing.T) {
	tests := []struct {
		name  string
		raw   []byte
		state outcome.State
	}{
		{"denied", read(t, "denied"), outcome.Denied},
		{"gone", read(t, "no-such-disk"), outcome.Failed},
		{"no JSON", []byte("smartctl: unrecognized option"), outcome.Failed},
		{"no message", []byte(`{"smartctl":{"exit_status":2}}`), outcome.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("d", test.raw)
			if got := outcome.Of("smart", err, 0); got.State != test.state {
				t.Errorf("Parse = %v, state %s, want %s", err, got.State, test.state)
			}
		})
	}
}

// fakeTool answers with recordings by path, and the error of the ones it has none of.
func fakeTool(tb testing.TB, files map[string]string, missing error) command.Run {
	return func(_ context.Context, name string, args ...string) (command.Result, error) {
		if name != "smartctl" || args[0] != "-n" || args[1] != "standby" {
			tb.Errorf("ran %s %q, which may wake disks", name, args)
		}
		file, ok := files[args[len(args)-1]]
		if !ok {
			return command.Result{}, missing
		}
		return command.Result{Stdout: read(tb, file)}, nil
	}
}

// fakeSys is a /sys with the block devices of the names, each below the given bus.
func fakeSys(t *testing.T, devices map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, bus := range devices {
		folder := filepath.Join(root, "devices", bus, name)
		if err := os.MkdirAll(filepath.Join(folder, "device"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "size"), []byte("1000\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(root, "block"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(folder, filepath.Join(root, "block", name)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestCollectAsksDisksOnly(t *testing.T) {
	sys := fakeSys(t, map[string]string{"sda": "pci0/ata1", "nvme0n1": "pci0/nvme", "sdu": "pci0/usb1", "vda": "pci0/virtio", "sr0": "pci0/ata2", "dm-0": "virtual"})
	source := New(fakeTool(t, map[string]string{"/dev/sda": "sata-hdd", "/dev/nvme0n1": "nvme"}, errors.New("not to be asked")), sys)
	got, err := source.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Health.Device != "nvme0n1" || got[1].Health.Device != "sda" {
		t.Errorf("disks = %+v, want nvme0n1 and sda", got)
	}
}

func TestOneHungDiskDoesNotCostTheOthers(t *testing.T) {
	sys := fakeSys(t, map[string]string{"sda": "ata1", "sdb": "ata2", "sdc": "ata3"})
	source := New(fakeTool(t, map[string]string{"/dev/sda": "sata-hdd", "/dev/sdc": "sas-ssd"}, command.ErrTimeout), sys)
	got, err := source.Collect(t.Context())
	if len(got) != 2 || !errors.Is(err, command.ErrTimeout) {
		t.Errorf("Collect = %d disks, %v; want two and ErrTimeout", len(got), err)
	}
}

func TestSleepingDiskKeepsItsName(t *testing.T) {
	files := map[string]string{"/dev/sda": "sata-hdd"}
	source := New(fakeTool(t, files, nil), fakeSys(t, map[string]string{"sda": "ata1"}))
	awake, err := source.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files["/dev/sda"] = "standby"
	for range 2 {
		asleep, err := source.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := awake[0]
		want.Health.Standby, want.Health.Temperature, want.Health.Health = true, 0, ""
		if diff := cmp.Diff([]Disk{want}, asleep); diff != "" {
			t.Errorf("sleeping disk (-want +got):\n%s", diff)
		}
	}
}

func TestNothingToAsk(t *testing.T) {
	tests := []struct {
		name    string
		devices map[string]string
		files   map[string]string
		missing error
	}{
		{"hypervisor's disk", map[string]string{"vda": "virtio"}, nil, nil},
		{"disk without assessment", map[string]string{"sda": "ata1"}, map[string]string{"/dev/sda": "unsupported"}, nil},
		{"no smartctl", map[string]string{"sda": "ata1"}, nil, command.ErrNotInstalled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := New(fakeTool(t, test.files, test.missing), fakeSys(t, test.devices)).Collect(t.Context())
			if state := outcome.Of("smart", err, 0).State; got != nil || state != outcome.Unavailable {
				t.Errorf("Collect = %v, %v; want nothing and unavailable", got, err)
			}
		})
	}
}

func TestDisksAreScannedWhereThereIsNoSys(t *testing.T) {
	run := func(_ context.Context, _ string, args ...string) (command.Result, error) {
		if args[0] == "--scan" {
			return command.Result{Stdout: []byte(`{"devices":[{"name":"/dev/ada0","type":"atacam"},{"name":"/dev/da0","type":"usbjmicron"},{"name":"/dev/ada0","type":"atacam"}]}`)}, nil
		}
		return command.Result{Stdout: read(t, "sata-hdd")}, nil
	}
	got, err := New(run, filepath.Join(t.TempDir(), "none")).Collect(t.Context())
	if err != nil || len(got) != 1 || got[0].Health.Device != "ada0" {
		t.Errorf("Collect = %+v, %v; want ada0", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"sata-hdd", "sata-ssd-failing", "nvme", "sas-ssd", "standby", "denied", "unsupported"} {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Parse("d", raw)
		if err != nil {
			return
		}
		if got.Health.Device != "d" || got.Wear.Device != "d" || got.Wear.SizeBytes < 0 || got.Health.Temperature < -50 || got.Health.Temperature > 200 {
			t.Errorf("Parse = %+v", got)
		}
	})
}

func FuzzParseScan(f *testing.F) {
	f.Add([]byte(`{"devices":[{"name":"/dev/sda","type":"scsi"}]}`))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = ParseScan(raw) })
}
