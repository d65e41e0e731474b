import type { JSX } from "solid-js";
import { formatMeasurement } from "../format/measurement";
import { useTexts } from "../i18n/texts";
import type { Reading } from "../listing/readings";
import { useReadingTitle } from "./readingTitle";

/** A number with its name before it, where there is no column to say what it is. */
export function ReadingText(props: { readonly reading: Reading }): JSX.Element {
  const { locale } = useTexts();
  const title = useReadingTitle();
  return (
    <span class="inline-flex shrink-0 items-baseline gap-1.5">
      <span class="max-w-28 truncate text-[12px] text-faint" title={title(props.reading)}>
        {title(props.reading)}
      </span>
      <span class="num text-dim">{formatMeasurement(props.reading.value, props.reading.unit, locale())}</span>
    </span>
  );
}
