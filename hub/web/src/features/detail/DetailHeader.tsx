import { type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { formatAge, formatMoment } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { ResourceName } from "../../ui/ResourceName";
import { useReasonText } from "../../ui/reasonText";
import { StatusMark } from "../../ui/StatusMark";
import { useTypeName } from "../../ui/typeName";

export interface DetailHeaderProps {
  readonly id: string;
  readonly resource: Resource | undefined;
}

/** What the resource is called, and how it is. */
export function DetailHeader(props: DetailHeaderProps): JSX.Element {
  const { t, locale } = useTexts();
  const { now } = useLive();
  const typeName = useTypeName();
  const reasonText = useReasonText();
  return (
    <>
      <h2 class="truncate text-base leading-6 font-semibold tracking-tight">
        <Show when={props.resource} fallback={props.id}>
          {(resource) => <ResourceName resource={resource()} />}
        </Show>
      </h2>
      <Show when={props.resource}>
        {(resource) => (
          <>
            <p class="flex flex-wrap items-center gap-x-2.5 text-dim">
              <StatusMark status={resource().status} stale={resource().stale} />
              <span aria-hidden="true">·</span>
              <span>{typeName(resource().type)}</span>
              <Show when={resource().lastSeen}>
                {(seen) => (
                  <>
                    <span aria-hidden="true">·</span>
                    <span class="tabular-nums" title={formatMoment(seen(), locale())}>
                      {t("tip.seen", { age: formatAge(now() - seen()) })}
                    </span>
                  </>
                )}
              </Show>
            </p>
            <Show when={reasonText(resource())}>
              {(reason) => <p class="mt-0.5 break-words text-dim">{reason()}</p>}
            </Show>
          </>
        )}
      </Show>
    </>
  );
}
