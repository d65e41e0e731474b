import type { JSX } from "solid-js";
import { useTexts } from "../i18n/texts";
import type { Listing } from "../listing/createListing";
import { Button } from "./Button";
import { EmptyState } from "./EmptyState";

/** What a table shows when the search leaves nothing. */
export function NoMatch(props: { readonly listing: Listing }): JSX.Element {
  const { t } = useTexts();
  return (
    <EmptyState title={t("table.noMatch", { query: props.listing.query() })}>
      <Button onClick={() => props.listing.setQuery("")}>{t("table.clear")}</Button>
    </EmptyState>
  );
}
