import { expect, test } from "vitest";
import { decodeSessions } from "./accountCalls";
import { decodeApprovals, decodeOutcome } from "./approvalCalls";
import { decodeAuditPage } from "./auditCalls";
import { RequestError } from "./http";
import { decodeLicence } from "./licenceCalls";
import { base64urlOf, bytesOf, decodeAssertion, decodeCreation } from "./passkeys";
import { decodeMapping, encodeMapping, makesEverybodyAdmin } from "./roleMapping";
import { decodeSaml } from "./samlCalls";
import { decodeSecurityStatus, decodeSignInOptions } from "./signInCalls";
import { decodeProviders, decodeSignOn } from "./signOnCalls";
import { decodeTokens } from "./tokenCalls";
import { decodePlan } from "./transferCalls";
import { decodeRoles, decodeUsers, isKeptHere, originKind } from "./userCalls";

const decoders: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ["sessions", decodeSessions],
  ["audit", decodeAuditPage],
  ["licence", decodeLicence],
  ["status", decodeSecurityStatus],
  ["sign-in options", decodeSignInOptions],
  ["sign-on", decodeSignOn],
  ["providers", decodeProviders],
  ["saml", decodeSaml],
  ["approvals", decodeApprovals],
  ["tokens", decodeTokens],
  ["plan", decodePlan],
  ["users", decodeUsers],
  ["roles", decodeRoles],
  ["creation", decodeCreation],
  ["assertion", decodeAssertion],
];
const strange = [null, undefined, 5, "text", [], [null], { tokens: [null, {}, 3], users: {}, events: [{}] }];

test.each(decoders)("%s survive what no hub would send", (_name, decode) => {
  for (const value of strange) expect(() => decode(value)).not.toThrow();
});

test("a hub that does not say whether it is set up is taken for one that is", () => {
  expect(decodeSecurityStatus({}).hasAuthentication).toBe(true);
  expect(decodeSecurityStatus({ hasAuthentication: false }).hasAuthentication).toBe(false);
});

test.each(["javascript:alert(1)", "//elsewhere.example", "data:text/html,x", ""])(
  "a provider at %j is not offered",
  (url) => {
    expect(decodeSignInOptions({ providers: [{ id: "x", url }] }).providers).toEqual([]);
  },
);

test("a token shows its ends, its times, and that no scope means all", () => {
  const record = {
    id: "t",
    name: "n",
    prefix: "abcdef",
    suffix: "1234",
    createdAt: "2026-11-23T05:27:05.342562978Z",
    expiresAt: "0001-01-01T00:00:00Z",
    scopes: [],
  };
  expect(decodeTokens({ tokens: [record, { name: "no id" }] })).toEqual([
    {
      id: "t",
      name: "n",
      hint: "abcdef…1234",
      scopes: ["*"],
      owner: undefined,
      created: Date.UTC(2026, 10, 23, 5, 27, 5, 342),
      lastUsed: undefined,
      expires: undefined,
    },
  ]);
});

test("what the page does not know of a provider goes back to the hub", () => {
  const signOn = decodeSignOn({
    enabled: true,
    issuerUrl: "https://id.example.com",
    roleMapping: [{ group: "ops", role: "operator" }],
    defaultRole: "viewer",
    clientSecretSet: true,
    madeUp: 7,
    envOverrides: { issuerUrl: true, clientId: false },
  });
  expect(signOn.further).toEqual({ madeUp: 7 });
  expect(signOn.mapping).toEqual({ rules: [{ group: "ops", role: "operator" }], defaultRole: "viewer" });
  expect([...signOn.locked]).toEqual(["issuerUrl"]);
});

test("an event keeps its number and says whether it was refused", () => {
  const page = decodeAuditPage({
    events: [{ seq: 7, at: "2026-11-23T05:27:05Z", actor: "a", outcome: "failure", before: null }, {}],
    next: 7,
  });
  expect(page.next).toBe(7);
  expect(page.events).toHaveLength(1);
  expect(page.events[0]).toMatchObject({ seq: 7, actor: "a", failed: true, before: undefined });
});

test.each([[[]], [[0]], [[255, 254, 253]], [[251, 255, 191, 0, 1]]])(
  "bytes %j survive base64url",
  (bytes) => {
    const buffer = new Uint8Array(bytes).buffer;
    const text = base64urlOf(buffer);
    expect(text).not.toMatch(/[+/=]/);
    expect([...bytesOf(text)]).toEqual(bytes);
  },
);

test("a provider without an id is the default one, and SAML keeps its addresses apart from its settings", () => {
  expect(decodeProviders({ providers: [{ enabled: true }, { id: "acme" }] }).map((item) => item.id)).toEqual([
    "default",
    "acme",
  ]);
  const saml = decodeSaml({
    idpMetadata: "<x/>",
    acsUrl: "https://p/acs",
    metadataUrl: "https://p/m",
    odd: 1,
  });
  expect(saml).toMatchObject({ acsUrl: "https://p/acs", metadataUrl: "https://p/m", further: { odd: 1 } });
  expect(saml.texts.idpMetadata).toBe("<x/>");
});

test("a mapping keeps its order, and only one that says nothing makes everybody an administrator", () => {
  const raw = {
    roleMapping: [
      { group: " b ", role: "x" },
      { group: "a", role: "y" },
    ],
  };
  const mapping = decodeMapping(raw);
  expect(encodeMapping(mapping)).toEqual({
    roleMapping: [
      { group: "b", role: "x" },
      { group: "a", role: "y" },
    ],
    defaultRole: "",
  });
  expect(makesEverybodyAdmin(mapping)).toBe(false);
  expect(makesEverybodyAdmin(decodeMapping({ defaultRole: "viewer" }))).toBe(false);
  expect(makesEverybodyAdmin(decodeMapping({}))).toBe(true);
});

test.each([
  ["local", "local", true],
  ["environment", "environment", true],
  ["proxy", "proxy", false],
  ["oidc:default", "signOn", false],
  ["saml:default", "signOn", false],
])("somebody from %j comes from %s", (origin, kind, here) => {
  expect(originKind({ origin })).toBe(kind);
  expect(isKeptHere({ origin })).toBe(here);
});

test("a command shows every blank of itself, and one that cannot be read is not shown", () => {
  const command = "  echo  one\n\ttwo \n";
  const asked = { id: "a", agent: "h", command, state: "allowed", expiresAt: "2026-11-23T05:27:05Z" };
  const list = decodeApprovals({
    approvals: [asked, { ...asked, command: "" }, { ...asked, state: "other" }],
  });
  expect(list.map((item) => item.state)).toEqual(["allowed", "denied"]);
  expect(list[0]).toMatchObject({
    command,
    target: "host",
    timeoutSeconds: 60,
    expires: Date.UTC(2026, 10, 23, 5, 27, 5),
  });
});

test("an answer that does not say how a command ended is no outcome", () => {
  expect(decodeOutcome({ success: true, exitCode: 0, stdout: "x" })).toMatchObject({
    success: true,
    stderr: "",
  });
  expect(() => decodeOutcome({ success: true })).toThrow(RequestError);
});
