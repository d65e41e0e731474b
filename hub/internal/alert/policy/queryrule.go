package policy

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// minEvery is the least number of seconds between two evaluations of a rule in PromQL.
const minEvery = 10

// normaliseQueryRules puts rules in PromQL in order, but for the PromQL itself, which whoever evaluates it checks.
func normaliseQueryRules(c *Config) error {
	ids := make(map[string]bool, len(c.QueryRules))
	for i := range c.QueryRules {
		r, path := &c.QueryRules[i], at("queryRules", i)
		if err := checkID(ids, r.ID, path); err != nil {
			return err
		}
		if strings.TrimSpace(r.Expr) == "" {
			return wrong(path+".expr", "is missing")
		}
		switch alert.Level(r.Level) {
		case "":
			r.Level = string(alert.Warning)
		case alert.Warning, alert.Critical:
		default:
			return wrong(path+".level", "is neither warning nor critical")
		}
		err := checkRanges(limited{path + ".for", &r.For, maxSeconds}, limited{path + ".every", &r.Every, maxSeconds})
		if err != nil {
			return err
		}
		if r.Every > 0 && r.Every < minEvery {
			return wrong(path+".every", "is less than %d", minEvery)
		}
	}
	return nil
}
