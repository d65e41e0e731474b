import { batch, createSignal } from "solid-js";
import { decodeResource } from "../api/decode";
import { asText } from "../api/json";
import type { Delta, Frame, JsonObject, Resource, SnapshotPart, Source } from "../api/types";
import { mergePatch } from "./mergePatch";
import { makeTrackers } from "./trackers";

/** Decoded only when looked at: most of what arrives is not on screen. */
interface Entry {
  readonly raw: JsonObject;
  resource?: Resource | undefined;
}

function resourceOf(entry: Entry): Resource | undefined {
  entry.resource ??= decodeResource(entry.raw);
  return entry.resource;
}

/**
 * What the hub last told this page. Reading inside a computation subscribes
 * to exactly what was read: one resource, the set of ids, or the whole.
 */
export interface LiveStore {
  resource(id: string): Resource | undefined;
  /** The ids known now; changes only when resources come or go. */
  ids(): readonly string[];
  /** All resources; changes with every frame. */
  all(): readonly Resource[];
  sources(): readonly Source[];
  /** False until the first complete snapshot. */
  ready(): boolean;
  /** Counts applied frames. */
  revision(): number;
  /** Takes one frame; false when the page has lost the thread and needs a new snapshot. */
  apply(frame: Frame): boolean;
  /** How many resources are being watched one by one; for tests of memory. */
  watched(): number;
}

export function makeLiveStore(): LiveStore {
  const entries = new Map<string, Entry>();
  const trackers = makeTrackers();
  const [ids, setIds] = createSignal<readonly string[]>([]);
  const [sources, setSources] = createSignal<readonly Source[]>([]);
  const [ready, setReady] = createSignal(false);
  const [revision, setRevision] = createSignal(0);
  let rev = -1;
  let staged: JsonObject[] = [];
  let nextPart = 1;

  function put(raw: JsonObject): boolean {
    const id = asText(raw.id);
    if (id === undefined || asText(raw.type) === undefined) return false;
    const known = entries.has(id);
    entries.set(id, { raw });
    trackers.notify(id);
    return !known;
  }

  function applySnapshot(frame: SnapshotPart): boolean {
    if (frame.part === 1) {
      staged = [];
      nextPart = 1;
    }
    if (frame.part !== nextPart) return false;
    nextPart += 1;
    staged = staged.concat(frame.resources);
    if (frame.part < frame.parts) return true;
    const complete = staged;
    staged = [];
    rev = frame.rev;
    batch(() => {
      entries.clear();
      for (const raw of complete) put(raw);
      trackers.notifyAll();
      setIds([...entries.keys()]);
      setSources(frame.sources);
      setReady(true);
      setRevision((count) => count + 1);
    });
    return true;
  }

  function patchOne(patch: JsonObject): boolean {
    const entry = entries.get(asText(patch.id) ?? "");
    if (!entry) return false;
    put(mergePatch(entry.raw, patch));
    return true;
  }

  function remove(id: string): boolean {
    const removed = entries.delete(id);
    if (removed) trackers.notify(id);
    return removed;
  }

  function applySources(frame: Delta) {
    if (frame.sources.length === 0 && frame.goneSources.length === 0) return;
    const told = new Set([...frame.goneSources, ...frame.sources.map((source) => source.id)]);
    setSources((held) => [...held.filter((source) => !told.has(source.id)), ...frame.sources]);
  }

  function applyDelta(frame: Delta): boolean {
    if (!ready() || frame.prev !== rev) return false;
    let followed = true;
    batch(() => {
      let moved = false;
      for (const raw of frame.set) moved = put(raw) || moved;
      for (const patch of frame.patch) followed = patchOne(patch) && followed;
      for (const id of frame.gone) moved = remove(id) || moved;
      if (moved) setIds([...entries.keys()]);
      applySources(frame);
      rev = frame.rev;
      setRevision((count) => count + 1);
    });
    return followed;
  }

  return {
    resource(id) {
      trackers.track(id);
      const entry = entries.get(id);
      return entry && resourceOf(entry);
    },
    ids,
    all() {
      revision();
      return Array.from(entries.values(), resourceOf).filter((resource) => resource !== undefined);
    },
    sources,
    ready,
    revision,
    apply(frame) {
      if (frame.type === "snapshot") return applySnapshot(frame);
      if (frame.type === "delta") return applyDelta(frame);
      return true;
    },
    watched: () => trackers.size(),
  };
}
