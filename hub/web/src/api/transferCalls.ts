import { type Caller, RequestError, requestJson } from "./http";
import { asList, asObject, asText, asTexts } from "./json";

/** Deriving a key from a passphrase, and comparing everything, take their time. */
const transferMs = 120_000;

export interface ExportWish {
  readonly passphrase: string;
  /** Also people who sign in with a password, with its hash and their second factors. */
  readonly includeUsers: boolean;
}

/** Resolves to the bundle: base64, encrypted with the passphrase. */
export async function exportConfig(wish: ExportWish, caller: Caller): Promise<string> {
  const answer = await requestJson("/api/config/export", caller, {
    method: "POST",
    body: wish,
    timeoutMs: transferMs,
  });
  const data = asText(asObject(answer).data);
  if (!data) throw new RequestError("refused", 200);
  return data;
}

export interface ChangedField {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** One thing that an import adds, changes or removes. */
export interface PlannedChange {
  readonly section: string;
  readonly id: string;
  readonly name: string;
  readonly fields: readonly ChangedField[];
}

/** What an import would do. */
export interface ImportPlan {
  readonly added: readonly PlannedChange[];
  readonly changed: readonly PlannedChange[];
  readonly removed: readonly PlannedChange[];
  readonly unchanged: number;
  /** What is left out, and why. */
  readonly warnings: readonly string[];
}

function decodeChange(value: unknown): PlannedChange {
  const raw = asObject(value);
  const id = asText(raw.id) ?? "";
  return {
    section: asText(raw.section) ?? "",
    id,
    name: asText(raw.name) ?? id,
    fields: asList(raw.fields).map((item) => {
      const field = asObject(item);
      return {
        field: asText(field.field) ?? "",
        before: asText(field.before) ?? "",
        after: asText(field.after) ?? "",
      };
    }),
  };
}

export function decodePlan(value: unknown): ImportPlan {
  const raw = asObject(value);
  return {
    added: asList(raw.added).map(decodeChange),
    changed: asList(raw.changed).map(decodeChange),
    removed: asList(raw.removed).map(decodeChange),
    unchanged: asList(raw.unchanged).length,
    warnings: asTexts(raw.warnings),
  };
}

export interface Bundle {
  readonly data: string;
  readonly passphrase: string;
}

/** Asks what an import would do; changes nothing. */
export async function planImport(bundle: Bundle, caller: Caller): Promise<ImportPlan> {
  const answer = await requestJson("/api/config/import", caller, {
    method: "POST",
    body: { ...bundle, dryRun: true },
    timeoutMs: transferMs,
  });
  return decodePlan(answer);
}

export async function importConfig(bundle: Bundle, caller: Caller): Promise<void> {
  await requestJson("/api/config/import", caller, { method: "POST", body: bundle, timeoutMs: transferMs });
}
