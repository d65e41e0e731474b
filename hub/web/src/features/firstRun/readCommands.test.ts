import { expect, test } from "vitest";
import { decodeSecurityStatus } from "../../api/signInCalls";
import { readCommands } from "./readCommands";

const commandsOf = (status: object) => readCommands(decodeSecurityStatus(status)).map((item) => item.command);

test("names the file the hub names", () => {
  expect(commandsOf({ bootstrapTokenPath: "/srv/pulse/.bootstrap_token" })).toEqual([
    "sudo cat /srv/pulse/.bootstrap_token",
  ]);
});

test("goes through the container, whichever kind it is", () => {
  const path = { bootstrapTokenPath: "/data/.bootstrap_token" };
  expect(commandsOf({ ...path, isDocker: true, dockerContainerName: "mon" })[0]).toBe(
    "docker exec mon cat /data/.bootstrap_token",
  );
  expect(commandsOf({ ...path, isDocker: true })[0]).toBe("docker exec pulse cat /data/.bootstrap_token");
  expect(commandsOf({ ...path, lxcCtid: "104" })[0]).toBe("pct exec 104 -- cat /data/.bootstrap_token");
});

test("quotes what a shell would read otherwise", () => {
  expect(commandsOf({ bootstrapTokenPath: "/a b/$(x)'y" })).toEqual(["sudo cat '/a b/$(x)'\\''y'"]);
});
