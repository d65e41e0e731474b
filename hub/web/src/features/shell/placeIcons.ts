import Bell from "lucide-solid/icons/bell";
import Blocks from "lucide-solid/icons/blocks";
import Boxes from "lucide-solid/icons/boxes";
import LayoutDashboard from "lucide-solid/icons/layout-dashboard";
import Server from "lucide-solid/icons/server";
import Settings from "lucide-solid/icons/settings";
import type { Component } from "solid-js";
import type { PlaceKey } from "../../places/placeOf";

/** The icons of the places. */
export const placeIcons: Readonly<Record<PlaceKey, Component<{ class?: string }>>> = {
  overview: LayoutDashboard,
  alerts: Bell,
  proxmox: Boxes,
  hosts: Server,
  services: Blocks,
  settings: Settings,
};
