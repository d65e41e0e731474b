package world

import "strconv"

// service is a kind of guest that small companies and homelabs run.
type service struct {
	name, os, version, template string
	tags                        []string
	cpus, memory, disk          int // processors, GiB, GiB
	busy                        float64
}

const (
	debian   = "Debian GNU/Linux"
	ubuntu   = "Ubuntu"
	alpine   = "Alpine Linux"
	rocky    = "Rocky Linux"
	windows  = "Microsoft Windows Server"
	bookworm = "12 (bookworm)"
	trixie   = "13 (trixie)"
	noble    = "24.04.3 LTS (Noble Numbat)"

	trixieImage = "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst"
	alpineImage = "local:vztmpl/alpine-3.22-default_20250617_amd64.tar.xz"
	nobleImage  = "local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst"
)

// vmServices are the virtual machines of a node, in this order.
func vmServices() []service {
	return []service{
		{"erp", rocky, "9.6 (Blue Onyx)", "", []string{"production", "erp"}, 8, 16, 120, 0.55},
		{"web", debian, trixie, "", []string{"production", "web"}, 4, 8, 40, 0.45},
		{"files", windows, "2022", "", []string{"production", "windows"}, 4, 12, 400, 0.3},
		{"build", ubuntu, noble, "", []string{"ci"}, 8, 16, 160, 0.7},
		{"intranet", debian, trixie, "", []string{"office", "web"}, 2, 4, 20, 0.2},
		{"directory", windows, "2025", "", []string{"production", "windows"}, 2, 6, 80, 0.2},
		{"database", debian, bookworm, "", []string{"production", "sql"}, 8, 24, 300, 0.5},
		{"desktop", ubuntu, noble, "", []string{"staff"}, 4, 8, 60, 0.35},
		{"firewall", "FreeBSD", "14.3-RELEASE", "", []string{"network"}, 2, 2, 16, 0.25},
		{"registry", debian, trixie, "", []string{"ci"}, 2, 4, 200, 0.2},
		{"phone", debian, bookworm, "", []string{"office"}, 2, 2, 30, 0.1},
		{"camera-recorder", ubuntu, noble, "", []string{"building"}, 4, 8, 800, 0.4},
	}
}

// lxcServices are the system containers of a node, in this order.
func lxcServices() []service {
	return []service{
		{"proxy", debian, trixie, trixieImage, []string{"web", "dmz"}, 2, 1, 8, 0.3},
		{"wiki", debian, trixie, trixieImage, []string{"office"}, 2, 2, 16, 0.15},
		{"dns", alpine, "3.22.1", alpineImage, []string{"network"}, 1, 1, 4, 0.1},
		{"git", debian, bookworm, trixieImage, []string{"ci"}, 2, 4, 60, 0.25},
		{"metrics", debian, trixie, trixieImage, []string{"monitoring"}, 2, 4, 50, 0.35},
		{"passwords", alpine, "3.22.1", alpineImage, []string{"security"}, 1, 1, 8, 0.05},
		{"mail-relay", debian, bookworm, trixieImage, []string{"mail", "dmz"}, 1, 1, 10, 0.15},
		{"home-hub", debian, trixie, trixieImage, []string{"building"}, 2, 2, 24, 0.2},
		{"tickets", ubuntu, noble, nobleImage, []string{"office"}, 2, 4, 30, 0.2},
		{"cache", alpine, "3.22.1", alpineImage, []string{"web"}, 2, 2, 4, 0.4},
		{"chat", ubuntu, noble, nobleImage, []string{"office"}, 2, 4, 40, 0.25},
		{"time", alpine, "3.22.1", alpineImage, []string{"network"}, 1, 1, 2, 0.02},
		{"media", ubuntu, noble, nobleImage, []string{"staff"}, 4, 4, 32, 0.3},
		{"print", debian, bookworm, trixieImage, []string{"office"}, 1, 1, 6, 0.05},
	}
}

// nth returns the name of the nth thing of its kind, counted from 0: "web-01".
func nth(name string, i int) string {
	number := strconv.Itoa(i + 1)
	if i < 9 {
		number = "0" + number
	}
	return name + "-" + number
}
