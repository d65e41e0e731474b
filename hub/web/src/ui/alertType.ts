import { en } from "../i18n/en";
import { useTexts } from "../i18n/texts";

type KnownType = keyof typeof en.alertType;

function isKnown(type: string): type is KnownType {
  return Object.hasOwn(en.alertType, type);
}

/** Names an alert's type in the viewer's language; a type the page does not know keeps its own name. */
export function useAlertType(): (type: string) => string {
  const { t } = useTexts();
  return (type) => (isKnown(type) ? t(`alertType.${type}`) : type);
}
