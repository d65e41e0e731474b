import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { createSignal } from "solid-js";
import { expect, test } from "vitest";
import { TextsProvider } from "../i18n/texts";
import { createPreferences, PreferencesProvider } from "../state/preferences";
import { SearchBox } from "./SearchBox";

function setUp() {
  const [value, setValue] = createSignal("");
  const sent: string[] = [];
  render(() => (
    <PreferencesProvider preferences={createPreferences()}>
      <TextsProvider>
        <SearchBox value={value()} onInput={(text) => sent.push(text)} example="web" />
      </TextsProvider>
    </PreferencesProvider>
  ));
  return { setValue, sent, box: screen.getByRole("searchbox") };
}

test("keeps what is typed while older values come back late", async () => {
  const { setValue, sent, box } = setUp();
  await userEvent.type(box, "web");
  expect(sent).toEqual(["w", "we", "web"]);
  setValue("w");
  expect(box).toHaveProperty("value", "web");
  setValue("we");
  setValue("web");
  expect(box).toHaveProperty("value", "web");
});

test("follows the address bar once its own words have come back", async () => {
  const { setValue, box } = setUp();
  await userEvent.type(box, "a");
  setValue("a");
  setValue("cpu>80");
  expect(box).toHaveProperty("value", "cpu>80");
});

test("Escape empties it", async () => {
  const { setValue, sent, box } = setUp();
  setValue("cpu>80");
  await userEvent.type(box, "{Escape}");
  expect(box).toHaveProperty("value", "");
  expect(sent.at(-1)).toBe("");
});
