import { useTexts } from "../i18n/texts";
import { measurementTitle, type Reading } from "../listing/readings";

/** Names a reading: in the viewer's language, or as its source does. */
export function useReadingTitle(): (reading: Reading) => string {
  const { t } = useTexts();
  return (reading) =>
    typeof reading.of === "string" ? t(`column.${reading.of}`) : measurementTitle(reading.of);
}
