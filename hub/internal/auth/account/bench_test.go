package account

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// full is a Desk with as many users as there may be.
func full(b *testing.B) *Desk {
	b.Helper()
	path := filepath.Join(b.TempDir(), "pulse.db")
	db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	desk := New(Options{Records: db, Hasher: &quick{}})
	err = desk.change(b.Context(), func(t *table) error {
		for i := range MaxUsers {
			who := External{Name: fmt.Sprint("user", i), Role: auth.RoleViewer, Origin: OriginProxy}
			if err := t.add(desk.newRecord(who)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return desk
}

// BenchmarkEnsure is what each request through an authenticating proxy costs.
func BenchmarkEnsure(b *testing.B) {
	desk := full(b)
	who := External{Name: "User7", Role: auth.RoleViewer, Origin: OriginProxy}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := desk.Ensure(b.Context(), who); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefusedCode is what each guess of a second factor costs, hashing apart.
func BenchmarkRefusedCode(b *testing.B) {
	desk := full(b)
	_, err := desk.changeUser(b.Context(), "user7", func(_ *table, one *record) error {
		one.TOTP = &totpRecord{Secret: "JBSWY3DPEHPK3PXP", Step: time.Now().Unix()}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := desk.CheckSecondFactor(b.Context(), "user7", "123456"); err == nil {
			b.Fatal("a wrong code was accepted")
		}
	}
}
