import Boxes from "lucide-solid/icons/boxes";
import LayoutDashboard from "lucide-solid/icons/layout-dashboard";
import Server from "lucide-solid/icons/server";
import type { Component } from "solid-js";
import { type PlaceKey, places } from "../../places/placeOf";

const icons: Readonly<Record<PlaceKey, Component<{ class?: string }>>> = {
  overview: LayoutDashboard,
  proxmox: Boxes,
  hosts: Server,
};

/** The places of the navigation with their icons. */
export const navigation = places.map((place) => ({ ...place, icon: icons[place.key] }));
