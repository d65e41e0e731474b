import { Route } from "@solidjs/router";
import { type JSX, lazy } from "solid-js";

const Settings = lazy(() => import("./features/settings/Settings"));
const Account = lazy(() => import("./features/settings/account/Account"));
const Users = lazy(() => import("./features/settings/users/Users"));
const Tokens = lazy(() => import("./features/settings/tokens/Tokens"));
const Commands = lazy(() => import("./features/settings/commands/Commands"));
const SignOn = lazy(() => import("./features/settings/signOn/SignOn"));
const Licence = lazy(() => import("./features/settings/licence/Licence"));
const Transfer = lazy(() => import("./features/settings/transfer/Transfer"));
const Audit = lazy(() => import("./features/settings/audit/Audit"));

/** The addresses of the settings, each loaded when it is gone to. */
export function SettingsRoutes(): JSX.Element {
  return (
    <Route path="/settings" component={Settings}>
      <Route path="/" component={Account} />
      <Route path="/users" component={Users} />
      <Route path="/tokens" component={Tokens} />
      <Route path="/commands" component={Commands} />
      <Route path="/sign-on" component={SignOn} />
      <Route path="/licence" component={Licence} />
      <Route path="/transfer" component={Transfer} />
      <Route path="/audit" component={Audit} />
    </Route>
  );
}
