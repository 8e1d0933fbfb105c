// Alerts as the service makes them, and channels for them.

const RAISED_AT = "2026-02-06T08:30:00.000000Z";

/** The payload of an alert event, as docs/alert-channels.md describes it. */
export function someAlert(fields = {}) {
  return {
    id: "0197aabb-ccdd-7eef-8123-456789abcdef",
    cause: "dead_letter:crm",
    rule: "dead_letter",
    subject: "crm",
    state: "raised",
    title: "3 events for crm became dead letters",
    facts: [
      ["error_class", "http_4xx"],
      ["next", "yizhan dead-letters --platform crm"],
    ],
    count: 3,
    raised_at: RAISED_AT,
    at: RAISED_AT,
    ...fields,
  };
}

/** Variables for Service.start(): channels by name, their settings as docs/configuration.md names them. */
export function channelVariables(channels) {
  const variables = { YIZHAN_LOG_LEVEL: "debug" };
  for (const [channel, settings] of Object.entries(channels)) {
    const prefix = `YIZHAN_ALERT_CHANNEL_${channel.toUpperCase()}_`;
    for (const [setting, value] of Object.entries(settings)) variables[prefix + setting.toUpperCase()] = String(value);
  }
  return variables;
}

/** Hands an alert for that channel over; its event's id. */
export function raise(service, channel, fields) {
  const alert = someAlert(fields);
  return service.emit(`alert:${channel}`, JSON.stringify(alert), `alert.${alert.state}`);
}
