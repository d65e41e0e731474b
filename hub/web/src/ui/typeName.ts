import { en } from "../i18n/en";
import { useTexts } from "../i18n/texts";

type KnownType = keyof typeof en.type;

/** True of Pulse's own types, whose platform data this page knows; plugins may bring others. */
export function isKnownType(type: string): type is KnownType {
  return Object.hasOwn(en.type, type);
}

/** Names a resource's type in the viewer's language; a type the page does not know keeps its own name. */
export function useTypeName(): (type: string) => string {
  const { t } = useTexts();
  return (type) => (isKnownType(type) ? t(`type.${type}`) : type);
}
