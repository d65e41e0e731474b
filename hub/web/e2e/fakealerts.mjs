// The part of the fake hub that knows of alerts: what goes on, what went on,
// and what people do about it.

const types = ["cpu", "memory", "disk", "powered-off", "backup-age"];

function alertOf(resource, index, now) {
  const type = index === 0 ? "disk" : types[index % types.length];
  const measured = type !== "powered-off";
  return {
    id: `${resource.id}/${type}`,
    type,
    level: index % 4 === 0 ? "critical" : "warning",
    resourceId: resource.id,
    resourceName: resource.displayName || resource.name,
    node: resource.platformData?.node ?? "",
    instance: resource.platformId,
    message: measured ? `${resource.name}: ${type} at 93.4` : `${resource.name} is powered off`,
    value: measured ? 93.4 : 0,
    threshold: measured ? 85 : 0,
    startTime: new Date(now - (index + 1) * 7 * 60_000).toISOString(),
    acknowledged: false,
    resource: resource.id,
  };
}

function explanationOf(alert, active, telling, others) {
  const began = Date.parse(alert.startTime);
  const samples = Array.from({ length: 90 }, (_item, index) => [
    began + (index - 60) * 30_000,
    60 + index * 0.4 + (index % 5),
  ]);
  return {
    alert,
    evidence: {
      value: alert.value,
      threshold: alert.threshold,
      clear: alert.threshold && alert.threshold - 5,
      rule: "rule night shift",
      began: alert.startTime,
      firedAt: new Date(began + 60_000).toISOString(),
      samples: alert.threshold ? samples : [],
    },
    timeline: [
      {
        id: "1",
        type: "alert_fired",
        timestamp: new Date(began + 60_000).toISOString(),
        summary: `Alert triggered: ${alert.type}`,
        details: { withheld: telling === "active" ? undefined : "not-activated" },
      },
      ...(alert.acknowledged
        ? [
            {
              id: "2",
              type: "alert_acknowledged",
              timestamp: alert.ackTime,
              details: { user: alert.ackUser },
            },
          ]
        : []),
    ],
    ...(active && telling !== "active" ? { withheld: { reason: "not-activated" } } : {}),
    hidden: others,
  };
}

/** What alerts there are, `tell` is called with every frame. */
export function makeAlerts({
  resources,
  count,
  past = 120,
  telling = "pending_review",
  now = Date.now(),
  tell,
}) {
  const active = new Map(
    resources.slice(0, count).map((resource, index) => {
      const alert = alertOf(resource, index, now);
      return [alert.id, alert];
    }),
  );
  const history = resources.length
    ? Array.from({ length: past }, (_item, index) => {
        const alert = alertOf(resources[index % resources.length], index, now - index * 3_600_000);
        const resolvedAt = new Date(Date.parse(alert.startTime) + 300_000).toISOString();
        return { ...alert, resolvedAt, ending: "cleared", incidentId: `incident-${index}` };
      })
    : [];
  let state = telling;
  let refusing = false;
  const frame = () => ({ type: "alerts", data: { total: active.size, alerts: [...active.values()] } });
  const missing = (id) => ({ status: 404, body: { error: `alert not found: ${id}` } });

  function order(name, id) {
    const alert = active.get(id);
    if (!alert) return false;
    if (name === "clear") active.delete(id);
    else {
      const { ackTime: _time, ackUser: _user, ...rest } = alert;
      const by = name === "acknowledge" && { ackTime: new Date().toISOString(), ackUser: "ann" };
      active.set(id, { ...rest, ...by, acknowledged: name === "acknowledge" });
    }
    return true;
  }
  function orders(rest, body) {
    if (refusing) return { status: 403, body: { error: "missing scope" } };
    const many = rest.startsWith("bulk/");
    const name = many ? rest.slice(5) : rest;
    const ids = many ? body.alertIds : [body.id];
    const results = ids.map((alertId) => ({ alertId, success: order(name, alertId) }));
    tell(frame());
    if (many) return { status: 200, body: { results } };
    return results[0].success ? { status: 200, body: { success: true } } : missing(body.id);
  }
  function explain(id) {
    const alert = active.get(id) ?? history.find((item) => item.id === id);
    if (!alert) return missing(id);
    const other = [...active.keys()].filter((key) => key !== id).slice(0, 1);
    return { status: 200, body: explanationOf(alert, active.has(id), state, other) };
  }
  function listPast(query) {
    const from = Date.parse(query.get("startTime") ?? "") || 0;
    const severity = query.get("severity");
    const found = history.filter(
      (alert) => Date.parse(alert.startTime) >= from && (!severity || alert.level === severity),
    );
    const offset = Number(query.get("offset"));
    return { status: 200, body: found.slice(offset, offset + Number(query.get("limit"))) };
  }
  return {
    frame,
    /** Answers a request below /api/alerts/; undefined for what there is not. */
    answer(method, rest, query, body) {
      if (method === "POST" && rest === "activate") {
        if (refusing) return { status: 403, body: { error: "missing scope" } };
        state = "active";
        return { status: 200, body: { success: true, state } };
      }
      if (method === "POST") return orders(rest, body);
      if (rest === "config") return { status: 200, body: { enabled: true, activationState: state } };
      if (rest === "history") return listPast(query);
      return rest.endsWith("/explain") ? explain(decodeURIComponent(rest.slice(0, -8))) : undefined;
    },
    /** Refuses every order from now on, or no more. */
    refuse: (value) => {
      refusing = value;
    },
    list: () => [...active.values()],
    add: (resource, more) => {
      const alert = { ...alertOf(resource, 1, Date.now()), ...more };
      active.set(alert.id, alert);
      tell(frame());
    },
    resolve: (id) => {
      active.delete(id);
      tell(frame());
    },
  };
}
