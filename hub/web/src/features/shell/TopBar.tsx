import Search from "lucide-solid/icons/search";
import type { JSX } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { Logo } from "../../ui/Logo";
import { ConnectionState } from "./ConnectionState";
import { PreferencesMenu } from "./PreferencesMenu";

export interface TopBarProps {
  readonly title: string;
  readonly onPalette: () => void;
  readonly onSignOut: () => void;
}

/** The name of the place; on a phone also what the sidebar holds elsewhere. */
export function TopBar(props: TopBarProps): JSX.Element {
  const { t } = useTexts();
  return (
    <header class="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-panel px-4 sm:h-14">
      <Logo class="size-6 sm:hidden" />
      <h1 class="min-w-0 flex-1 truncate text-base font-semibold tracking-tight">{props.title}</h1>
      <div class="flex items-center sm:hidden">
        <ConnectionState brief />
        <button
          type="button"
          class="grid size-10 place-items-center text-dim"
          aria-label={t("palette.title")}
          onClick={() => props.onPalette()}
        >
          <Search class="size-5" aria-hidden="true" />
        </button>
        <PreferencesMenu onSignOut={props.onSignOut} />
      </div>
    </header>
  );
}
