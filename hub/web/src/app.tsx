import { Route, Router } from "@solidjs/router";
import { type JSX, lazy, Match, onCleanup, onMount, Suspense, Switch } from "solid-js";
import type { Caller } from "./api/http";
import Overview from "./features/overview/Overview";
import { Shell } from "./features/shell/Shell";
import { TextsProvider, useTexts } from "./i18n/texts";
import { SettingsRoutes } from "./settingsRoutes";
import { createLive, LiveProvider } from "./state/connection";
import { createPreferences, PreferencesProvider } from "./state/preferences";
import { hasFragmentToken, makeSession, type Session } from "./state/session";
import { EmptyState } from "./ui/EmptyState";
import { Loading } from "./ui/Loading";

const FirstRun = lazy(() => import("./features/firstRun/FirstRun"));
const Gate = lazy(() => import("./features/gate/Gate"));
const Alerts = lazy(() => import("./features/alerts/Alerts"));
const Proxmox = lazy(() => import("./features/proxmox/Proxmox"));
const Hosts = lazy(() => import("./features/hosts/Hosts"));
const Services = lazy(() => import("./features/services/Services"));

/** The whole page: preferences, texts, the gate, and the places behind it. */
export function App(): JSX.Element {
  const preferences = createPreferences();
  const session = makeSession();
  onMount(() => {
    void session.start();
    // A link with a token may also be opened in a tab that is already here.
    const follow = () => {
      if (hasFragmentToken(window.location)) void session.start();
    };
    window.addEventListener("hashchange", follow);
    onCleanup(() => window.removeEventListener("hashchange", follow));
  });
  return (
    <PreferencesProvider preferences={preferences}>
      <TextsProvider>
        <Entrance session={session} />
      </TextsProvider>
    </PreferencesProvider>
  );
}

function Entrance(props: { readonly session: Session }): JSX.Element {
  const { t } = useTexts();
  const gate = () => {
    const state = props.session.state();
    return state.kind === "gate" ? state : undefined;
  };
  const open = () => {
    const state = props.session.state();
    return state.kind === "open" ? state : undefined;
  };
  const firstRun = () => {
    const state = props.session.state();
    return state.kind === "firstRun" ? state : undefined;
  };
  const wait = () => <Loading text={t("gate.checking")} />;
  return (
    <Suspense fallback={wait()}>
      <Switch fallback={wait()}>
        <Match when={gate()}>{(state) => <Gate session={props.session} state={state()} />}</Match>
        <Match when={firstRun()}>
          {(state) => <FirstRun session={props.session} status={state().status} />}
        </Match>
        <Match when={open()} keyed>
          {(state) => <Inside session={props.session} caller={state.caller} />}
        </Match>
      </Switch>
    </Suspense>
  );
}

function Inside(props: { readonly session: Session; readonly caller: Caller }): JSX.Element {
  const live = createLive({ caller: props.caller, onRefused: () => void props.session.recheck() });
  return (
    <LiveProvider live={live}>
      <Router
        root={(route) => <Shell onSignOut={() => void props.session.signOut()}>{route.children}</Shell>}
      >
        <Route path="/" component={Overview} />
        <Route path="/alerts" component={Alerts} />
        <Route path="/proxmox" component={Proxmox} />
        <Route path="/hosts" component={Hosts} />
        <Route path="/services" component={Services} />
        <SettingsRoutes />
        <Route path="*" component={Nowhere} />
      </Router>
    </LiveProvider>
  );
}

function Nowhere(): JSX.Element {
  const { t } = useTexts();
  return (
    <EmptyState title={t("app.notFound")}>
      <a href="/" class="text-accent underline underline-offset-2">
        {t("app.home")}
      </a>
    </EmptyState>
  );
}
