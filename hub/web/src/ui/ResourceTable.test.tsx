import { render, screen, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { TextsProvider } from "../i18n/texts";
import { createLive, LiveProvider } from "../state/connection";
import { createPreferences, PreferencesProvider } from "../state/preferences";
import { makeFakeSocket } from "../testSocket";
import { ResourceTable } from "./ResourceTable";
import { StatusMark } from "./StatusMark";

function host(index: number) {
  return { id: `h${index}`, type: "host", name: `host ${index}`, status: index === 1 ? "offline" : "online" };
}

function show(count: number) {
  const socket = makeFakeSocket();
  const onOpen = vi.fn();
  const onSort = vi.fn();
  const rows = Array.from({ length: count }, (_item, index) => ({ kind: "item", id: `h${index}` }) as const);
  render(() => (
    <PreferencesProvider preferences={createPreferences()}>
      <TextsProvider>
        <LiveProvider
          live={createLive({
            caller: { token: undefined },
            onRefused: () => undefined,
            connect: () => socket,
          })}
        >
          <ResourceTable
            caption="Hosts"
            columns={[
              { key: "name", title: "Name", width: 100, cell: (resource) => resource().name },
              {
                key: "status",
                title: "Status",
                width: 100,
                cell: (resource) => <StatusMark status={resource().status} stale={resource().stale} />,
              },
            ]}
            rows={rows}
            sort={{ key: "name", descending: false }}
            onSort={onSort}
            chosen={undefined}
            onOpen={onOpen}
            card={(resource) => resource().name}
          />
        </LiveProvider>
      </TextsProvider>
    </PreferencesProvider>
  ));
  socket.open();
  socket.snapshot(Array.from({ length: count }, (_item, index) => host(index)));
  return { socket, onOpen, onSort };
}

test("is a real table with words for states", () => {
  show(3);
  const table = screen.getByRole("table", { name: "Hosts" });
  expect(table.getAttribute("aria-rowcount")).toBe("4");
  expect(
    within(table)
      .getAllByRole("columnheader")
      .map((cell) => cell.getAttribute("aria-sort")),
  ).toEqual(["ascending", "none"]);
  expect(within(table).getByRole("row", { name: /host 1/ }).textContent).toContain("Offline");
});

test("draws few of many rows", () => {
  show(5000);
  expect(screen.getAllByRole("row").length).toBeLessThan(60);
});

test("sorts by its header, and opens by keyboard", async () => {
  const user = userEvent.setup();
  const { onOpen, onSort } = show(3);
  await user.click(screen.getByRole("button", { name: "Status" }));
  expect(onSort).toHaveBeenCalledWith("status", false);
  screen.getByRole("button", { name: "host 0" }).focus();
  await user.keyboard("{ArrowDown}");
  await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("host 1"));
  await user.keyboard("{Enter}");
  expect(onOpen).toHaveBeenCalledWith("h1");
});

test("redraws the cells that changed and keeps the others", () => {
  const { socket } = show(2);
  const untouched = screen.getByRole("row", { name: /host 0/ });
  socket.delta({ patch: [{ id: "h1", status: "online" }] });
  expect(screen.getByRole("row", { name: /host 1/ }).textContent).toContain("Online");
  expect(screen.getByRole("row", { name: /host 0/ })).toBe(untouched);
});
