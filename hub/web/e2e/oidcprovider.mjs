// An OpenID Connect provider on loopback: the certified implementation of npm,
// with its own pages to sign in and consent, and a front that can be told to lie.
import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

export const client = { id: "pulse", secret: randomBytes(24).toString("hex") };

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

/** Makes the last call of `response.end` send what `change` makes of its JSON. */
function rewrite(response, change) {
  const end = response.end.bind(response);
  response.end = (chunk, ...rest) => {
    const body = JSON.stringify(change(JSON.parse(String(chunk))));
    response.setHeader("Content-Length", Buffer.byteLength(body));
    return end(body, ...rest);
  };
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}

/**
 * Starts a provider for one hub. It is reached as "localhost", so that browsers
 * hold it for another site than a hub at 127.0.0.1.
 */
export async function startProvider({ hubURL }) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), kid: "e2e", use: "sig", alg: "RS256" };
  /** What it lies about: `claims` changes ID tokens, `algorithm` signs them in another way. */
  let lies = {};

  function resign(token) {
    const [header, payload] = token.split(".").slice(0, 2).map(decode);
    const algorithm = lies.algorithm ?? header.alg;
    const text = `${encode({ ...header, alg: algorithm })}.${encode({ ...payload, ...lies.claims })}`;
    if (algorithm === "none") return `${text}.`;
    if (algorithm === "HS256")
      return `${text}.${createHmac("sha256", client.secret).update(text).digest("base64url")}`;
    const signature = sign("sha256", Buffer.from(text), createPrivateKey({ key, format: "jwk" }));
    return `${text}.${signature.toString("base64url")}`;
  }

  /** Is told of the address that the next browser would be sent back to. */
  let hold;

  /** Answers with a page instead of sending a browser back to the hub. */
  function holdBack(response) {
    const end = response.end.bind(response);
    response.end = (...rest) => {
      const address = response.getHeader("location");
      if (!hold || !address?.startsWith(hubURL)) return end(...rest);
      hold(address);
      hold = undefined;
      response.removeHeader("location");
      response.removeHeader("content-length");
      response.statusCode = 200;
      return end("The browser is held here.");
    };
  }

  let answer;
  const server = createServer((request, response) => {
    holdBack(response);
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/token")
      rewrite(response, (body) => (body.id_token ? { ...body, id_token: resign(body.id_token) } : body));
    if (pathname === "/me") rewrite(response, (body) => ({ ...body, ...lies.person }));
    answer(request, response);
  });
  const issuer = `http://localhost:${await listen(server)}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [`${hubURL}/api/oidc/callback`],
        backchannel_logout_uri: `${hubURL}/api/oidc/backchannel-logout`,
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(24).toString("hex")] },
    claims: {
      openid: ["sub"],
      profile: ["preferred_username", "name"],
      email: ["email", "email_verified"],
      groups: ["groups"],
    },
    scopes: ["openid", "profile", "email", "groups", "offline_access"],
    features: { backchannelLogout: { enabled: true } },
    // The dispatcher it brings refuses loopback, where this hub is.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: id,
        name: `${id} of the tests`,
        email: `${id}@example.com`,
        email_verified: true,
        groups: ["operations"],
      }),
    }),
  });
  answer = provider.callback();
  return {
    issuer,
    /** Lies from here on; without a lie it is honest again. */
    lie(about = {}) {
      lies = about;
    },
    /** Keeps the next browser from going back to the hub; resolves with where it wanted to go. */
    holdNext: () =>
      new Promise((resolve) => {
        hold = resolve;
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
