import { createContext, createMemo, createSignal, type JSX, onCleanup, untrack, useContext } from "solid-js";
import type { Caller } from "../api/http";
import {
  connectBrowserSocket,
  type LinkState,
  liveProtocol,
  makeLiveSocket,
  type SocketLike,
} from "../api/liveSocket";
import type { Condition, Frame, Resource } from "../api/types";
import { type AlertStore, createAlertStore } from "./alertStore";
import { createClock } from "./clock";
import { type LiveStore, makeLiveStore } from "./liveStore";
import { createPaced } from "./paced";

/** Deltas come at least every 10 s; older numbers than this are not shown as current. */
export const freshLimitMs = 15_000;

const overallMs = 2000;

/**
 * How far the numbers on screen can be trusted.
 * `loading`: none yet; `live`: current; `stale`: old, because the link is down or silent.
 */
export type Freshness = "loading" | "live" | "stale";

export interface Live {
  readonly store: LiveStore;
  readonly alerts: AlertStore;
  readonly link: () => LinkState;
  readonly freshness: () => Freshness;
  /** All resources, looked at anew every two seconds and whenever some come or go: for sums and counts. */
  readonly overall: () => readonly Resource[];
  /** Milliseconds since the last data frame; undefined before the first. */
  readonly age: () => number | undefined;
  /** Moves once a second, in Unix milliseconds. */
  readonly now: () => number;
  readonly hubVersion: () => string;
  /** Shown when the hub speaks a protocol this page does not. */
  readonly mismatch: () => boolean;
  /** What is wrong with the hub itself, the worst first. */
  readonly conditions: () => readonly Condition[];
  /** The hub runs plugins of developers unchecked. */
  readonly pluginDevelopment: () => boolean;
  readonly reconnect: () => void;
  readonly caller: Caller;
}

const LiveContext = createContext<Live>();

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive needs a LiveProvider above it");
  return live;
}

export interface LiveOptions {
  readonly caller: Caller;
  readonly onRefused: () => void;
  readonly connect?: (token: string | undefined) => SocketLike;
}

/** Opens the live connection for as long as its owner lives. */
export function createLive(options: LiveOptions): Live {
  const store = makeLiveStore();
  const alerts = createAlertStore();
  const now = createClock();
  const [link, setLink] = createSignal<LinkState>({ kind: "connecting" });
  const [dataAt, setDataAt] = createSignal<number>();
  const [hubVersion, setHubVersion] = createSignal("");
  const [mismatch, setMismatch] = createSignal(false);
  const [conditions, setConditions] = createSignal<readonly Condition[]>([]);
  const [pluginDevelopment, setPluginDevelopment] = createSignal(false);

  function take(frame: Frame): boolean {
    if (frame.type === "hello") {
      setHubVersion(frame.version);
      setMismatch(frame.protocol !== liveProtocol);
      setPluginDevelopment(frame.pluginDevelopment);
      setConditions([]);
      return true;
    }
    if (frame.type === "conditions") {
      setConditions(frame.conditions);
      return true;
    }
    if (frame.type === "alerts") {
      alerts.apply(frame);
      return true;
    }
    if (!store.apply(frame)) return false;
    if (frame.type !== "ping" && store.ready()) setDataAt(Date.now());
    return true;
  }

  const connect = options.connect ?? connectBrowserSocket;
  const socket = makeLiveSocket({
    connect: () => connect(options.caller.token),
    onFrame: take,
    onLink: setLink,
    onRefused: options.onRefused,
  });
  const wake = () => {
    if (document.visibilityState === "visible") socket.wake();
  };
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  onCleanup(() => {
    document.removeEventListener("visibilitychange", wake);
    window.removeEventListener("online", wake);
    socket.close();
  });

  const paced = createPaced(store.revision, overallMs);
  const overall = createMemo(() => {
    paced();
    store.ids();
    return untrack(store.all);
  });
  const age = createMemo(() => {
    const at = dataAt();
    return at === undefined ? undefined : Math.max(0, now() - at);
  });
  const freshness = createMemo<Freshness>(() => {
    const milliseconds = age();
    if (milliseconds === undefined) return "loading";
    return link().kind === "open" && milliseconds < freshLimitMs ? "live" : "stale";
  });
  return {
    store,
    alerts,
    link,
    freshness,
    overall,
    age,
    now,
    hubVersion,
    mismatch,
    conditions,
    pluginDevelopment,
    reconnect: socket.wake,
    caller: options.caller,
  };
}

export function LiveProvider(props: { readonly live: Live; readonly children: JSX.Element }): JSX.Element {
  return <LiveContext.Provider value={props.live}>{props.children}</LiveContext.Provider>;
}
