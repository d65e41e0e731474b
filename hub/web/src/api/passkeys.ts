import { asList, asNumber, asObject, asText } from "./json";
import type { Json } from "./types";

/**
 * Ceremonies with passkeys, between the JSON that the hub speaks (WebAuthn
 * level 3: binary values in base64url) and what browsers take and give.
 */

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export function base64urlOf(buffer: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Browsers offer passkeys on HTTPS and localhost only. */
export function arePasskeysSupported(): boolean {
  return window.isSecureContext && typeof window.PublicKeyCredential === "function";
}

function decodeDescriptors(value: Json | undefined): PublicKeyCredentialDescriptor[] {
  return asList(value).flatMap((item) => {
    const id = asText(asObject(item).id);
    return id ? [{ type: "public-key" as const, id: bytesOf(id) }] : [];
  });
}

function verificationOf(value: Json | undefined): UserVerificationRequirement {
  return value === "required" || value === "discouraged" ? value : "preferred";
}

/** Reads the options of a registration. */
export function decodeCreation(value: unknown): PublicKeyCredentialCreationOptions {
  const raw = asObject(asObject(value).publicKey);
  const [party, user, selection] = [
    asObject(raw.rp),
    asObject(raw.user),
    asObject(raw.authenticatorSelection),
  ];
  const [rpId, timeout] = [asText(party.id), asNumber(raw.timeout)];
  return {
    challenge: bytesOf(asText(raw.challenge) ?? ""),
    rp: { name: asText(party.name) ?? "Pulse", ...(rpId ? { id: rpId } : {}) },
    user: {
      id: bytesOf(asText(user.id) ?? ""),
      name: asText(user.name) ?? "",
      displayName: asText(user.displayName) ?? "",
    },
    pubKeyCredParams: asList(raw.pubKeyCredParams).map((item) => ({
      type: "public-key",
      alg: asNumber(asObject(item).alg) ?? 0,
    })),
    excludeCredentials: decodeDescriptors(raw.excludeCredentials),
    authenticatorSelection: {
      residentKey: selection.residentKey === "required" ? "required" : "preferred",
      userVerification: verificationOf(selection.userVerification),
    },
    attestation: "none",
    ...(timeout === undefined ? {} : { timeout }),
  };
}

/** Reads the options of a sign-in. */
export function decodeAssertion(value: unknown): PublicKeyCredentialRequestOptions {
  const raw = asObject(asObject(value).publicKey);
  const [rpId, timeout] = [asText(raw.rpId), asNumber(raw.timeout)];
  return {
    challenge: bytesOf(asText(raw.challenge) ?? ""),
    allowCredentials: decodeDescriptors(raw.allowCredentials),
    userVerification: verificationOf(raw.userVerification),
    ...(rpId ? { rpId } : {}),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function encodeResponse(response: AuthenticatorResponse): Record<string, unknown> {
  const client = { clientDataJSON: base64urlOf(response.clientDataJSON) };
  if (response instanceof AuthenticatorAttestationResponse)
    return {
      ...client,
      attestationObject: base64urlOf(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    };
  if (!(response instanceof AuthenticatorAssertionResponse)) return client;
  return {
    ...client,
    authenticatorData: base64urlOf(response.authenticatorData),
    signature: base64urlOf(response.signature),
    ...(response.userHandle ? { userHandle: base64urlOf(response.userHandle) } : {}),
  };
}

function encodeCredential(credential: Credential | null): object | undefined {
  if (!(credential instanceof PublicKeyCredential)) return undefined;
  return {
    id: credential.id,
    rawId: base64urlOf(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: encodeResponse(credential.response),
  };
}

/** Has the browser make a passkey; resolves to undefined when the person or the browser does not want to. */
export async function makePasskey(options: unknown): Promise<object | undefined> {
  const publicKey = decodeCreation(options);
  return encodeCredential(await navigator.credentials.create({ publicKey }).catch(() => null));
}

/** Has the browser use a passkey; resolves to undefined when the person or the browser does not want to. */
export async function usePasskey(options: unknown): Promise<object | undefined> {
  const publicKey = decodeAssertion(options);
  return encodeCredential(await navigator.credentials.get({ publicKey }).catch(() => null));
}
