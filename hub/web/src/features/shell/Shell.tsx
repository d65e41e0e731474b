import { useLocation } from "@solidjs/router";
import { createMemo, createSignal, ErrorBoundary, type JSX, lazy, Show, Suspense } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { createPlaces } from "../../places/createPlaces";
import { placeAt } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { createSelection } from "../../state/selection";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { Loading } from "../../ui/Loading";
import { TipLayer } from "../../ui/TipLayer";
import { BottomNav } from "./BottomNav";
import { ConditionsBanner } from "./ConditionsBanner";
import { createShortcuts } from "./createShortcuts";
import { createTitle } from "./createTitle";
import { DevelopmentBanner } from "./DevelopmentBanner";
import { Sidebar } from "./Sidebar";
import { StaleBanner } from "./StaleBanner";
import { TopBar } from "./TopBar";

const Detail = lazy(() => import("../detail/Detail"));
const Palette = lazy(() => import("../palette/Palette"));
const KeysHelp = lazy(() => import("./KeysHelp"));

export interface ShellProps {
  readonly onSignOut: () => void;
  readonly children?: JSX.Element;
}

/** The frame around every place: navigation, connection state, details and dialogs. */
export function Shell(props: ShellProps): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  const location = useLocation();
  const selection = createSelection();
  const explained = createSelection("alert");
  const goTo = createPlaces();
  const [dialog, setDialog] = createSignal<"palette" | "keys">();
  const place = createMemo(() => placeAt(location.pathname));
  const title = () => {
    const current = place();
    return current ? t(`nav.${current.key}`) : t("app.name");
  };
  createTitle(title);
  createShortcuts({
    places: goTo.shown,
    palette: () => setDialog("palette"),
    keys: () => setDialog("keys"),
    escape: () => {
      const drawer = [selection, explained].find((item) => item.id() !== undefined);
      if (!dialog()) drawer?.close();
    },
  });
  const closeDialog = () => setDialog(undefined);
  return (
    <div class="flex h-full" data-freshness={live.freshness()}>
      <a
        href="#content"
        class="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-3"
      >
        {t("app.skip")}
      </a>
      <Sidebar
        places={goTo}
        onPalette={() => setDialog("palette")}
        onKeys={() => setDialog("keys")}
        onSignOut={props.onSignOut}
      />
      <div class="flex min-w-0 flex-1 flex-col">
        <TopBar title={title()} onPalette={() => setDialog("palette")} onSignOut={props.onSignOut} />
        <StaleBanner />
        <ConditionsBanner />
        <DevelopmentBanner />
        <main id="content" tabIndex={-1} class="flex min-h-0 flex-1 flex-col outline-none">
          <Show when={live.store.ready()} fallback={<Loading text={t("link.first")} />}>
            <ErrorBoundary fallback={(_error, reset) => <Broken onRetry={reset} />}>
              <Suspense fallback={<Loading text={t("app.loading")} />}>{props.children}</Suspense>
            </ErrorBoundary>
          </Show>
        </main>
        <BottomNav places={goTo.shown()} />
      </div>
      <Show when={live.store.ready() && selection.id()}>
        {(id) => (
          <ErrorBoundary fallback={(_error, reset) => <Broken onRetry={reset} />}>
            <Suspense>
              <Detail id={id()} onClose={selection.close} />
            </Suspense>
          </ErrorBoundary>
        )}
      </Show>
      <Suspense>
        <Show when={dialog() === "palette"}>
          <Palette onClose={closeDialog} onSignOut={props.onSignOut} onKeys={() => setDialog("keys")} />
        </Show>
        <Show when={dialog() === "keys"}>
          <KeysHelp onClose={closeDialog} />
        </Show>
      </Suspense>
      <TipLayer />
    </div>
  );
}

function Broken(props: { readonly onRetry: () => void }): JSX.Element {
  const { t } = useTexts();
  return (
    <EmptyState title={t("app.broken")}>
      <Button onClick={() => props.onRetry()}>{t("app.retry")}</Button>
    </EmptyState>
  );
}
