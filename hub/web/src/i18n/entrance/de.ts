import type { EntranceCatalogue } from "./en";

export const de: EntranceCatalogue = {
  signIn: {
    title: "Bei Pulse anmelden",
    username: "Benutzername",
    password: "Passwort",
    remember: "30 Tage angemeldet bleiben",
    submit: "Anmelden",
    checking: "Prüft …",
    or: "oder",
    passkey: "Mit Passkey anmelden",
    provider: "Weiter mit {{name}}",
    useToken: "Stattdessen ein API-Token verwenden",
    usePassword: "Zurück zur Anmeldung",
    needBoth: "Geben Sie Benutzername und Passwort ein.",
    codeTitle: "Zweiter Faktor",
    codeLead:
      "Geben Sie den 6-stelligen Code Ihrer Authenticator-App oder einen Ihrer Wiederherstellungscodes ein.",
    code: "Code",
    codeSubmit: "Bestätigen",
    back: "Zurück",
  },
  token: {
    lead: "Geben Sie ein API-Token ein, das Messdaten lesen darf.",
    label: "API-Token",
    submit: "Weiter",
    kept: "Bleibt nur in diesem Browser-Tab und wird beim Schließen vergessen.",
  },
  outcome: {
    wrong: "Benutzername oder Passwort ist falsch.",
    wrongRemaining: "Benutzername oder Passwort ist falsch. Verbleibende Versuche: {{count}}.",
    wrongCode: "Dieser Code gilt nicht. Codes wechseln alle 30 Sekunden, und jeder gilt einmal.",
    locked: "Zu viele Fehlversuche. Versuchen Sie es in {{minutes}} min erneut.",
    limited: "Zu viele Versuche in kurzer Zeit. Versuchen Sie es in {{minutes}} min erneut.",
    passkeyCancelled: "Es wurde kein Passkey verwendet. Versuchen Sie es erneut oder mit dem Passwort.",
    passkeyRefused: "Der Hub nimmt diesen Passkey nicht an.",
    passkeyUnsupported:
      "Dieser Browser kann hier keine Passkeys verwenden. Sie brauchen HTTPS oder localhost.",
    unreachable: "Der Hub antwortet nicht. Läuft er, und sind Sie in seinem Netz?",
    refused:
      "Der Hub hat mit einem Fehler geantwortet. Sehen Sie in sein Protokoll und versuchen Sie es erneut.",
  },
  reason: {
    none: "",
    expired: "Der Hub nimmt das Token nicht mehr an. Geben Sie ein gültiges ein.",
    ended: "Ihre Sitzung ist beendet. Melden Sie sich neu an.",
    wrong: "Der Hub kennt dieses Token nicht. Wurde es vollständig kopiert?",
    scope: "Dieses Token darf keine Messdaten lesen. Es braucht den Bereich monitoring:read.",
    role: "Sie sind angemeldet, aber Ihre Rolle darf keine Messdaten lesen. Fragen Sie Ihre Verwaltung.",
    provider: "",
    unreachable: "Der Hub antwortet nicht. Läuft er, und sind Sie in seinem Netz?",
    refused:
      "Der Hub hat mit einem Fehler geantwortet. Sehen Sie in sein Protokoll und versuchen Sie es erneut.",
    limited: "Der Hub bittet um eine Pause. Warten Sie eine Minute und versuchen Sie es erneut.",
  },
  provider: {
    access_denied: "Beim Identitätsanbieter wurde die Anmeldung abgelehnt.",
    login_required: "Der Identitätsanbieter verlangt, dass Sie sich zuerst dort anmelden.",
    oidc_disabled: "Single Sign-on ist auf diesem Hub ausgeschaltet.",
    oidc_init_failed:
      "Der Hub erreicht den Identitätsanbieter nicht. Prüfen Sie dessen Adresse in den Einstellungen.",
    saml_init_failed:
      "Was der Hub vom Identitätsanbieter weiß, ist nicht zu gebrauchen. Prüfen Sie dessen Metadaten in den Einstellungen.",
    expired: "Die Anmeldung dauerte zu lange oder begann in einem anderen Browser. Beginnen Sie neu.",
    exchange: "Der Identitätsanbieter hat die Anmeldung nicht bestätigt. Beginnen Sie neu.",
    token: "Der Antwort des Identitätsanbieters ist nicht zu trauen.",
    replayed: "Diese Antwort des Identitätsanbieters wurde schon verwendet. Beginnen Sie neu.",
    email_restricted: "Ihre E-Mail-Adresse ist auf diesem Hub nicht zugelassen.",
    domain_restricted: "Die Domäne Ihrer E-Mail-Adresse ist auf diesem Hub nicht zugelassen.",
    group_restricted: "Sie sind in keiner der Gruppen, die auf diesem Hub zugelassen sind.",
    session_failed: "Sie sind bekannt, aber der Hub konnte keine Sitzung eröffnen. Versuchen Sie es erneut.",
    other: "Die Anmeldung über den Identitätsanbieter ist gescheitert ({{code}}).",
  },
  first: {
    title: "Pulse einrichten",
    steps: "Schritt {{step}} von {{count}}",
    bootstrapTitle: "Zeigen Sie, dass dieser Hub Ihnen gehört",
    bootstrapLead:
      "Der Hub hat ein einmaliges Token auf seinem eigenen Rechner abgelegt. Wer es lesen kann, darf ihn einrichten.",
    readIt: "So lesen Sie es",
    onMachine: "Auf dem Rechner",
    inDocker: "Docker",
    inLxc: "Proxmox LXC, auf dem Knoten",
    bootstrap: "Einrichtungs-Token",
    bootstrapWrong: "Das ist nicht das Token. Es hat 48 Zeichen; kopieren Sie es vollständig.",
    bootstrapGone:
      "Es wartet kein Token: Dieser Hub ist bereits eingerichtet. Laden Sie die Seite neu, um sich anzumelden.",
    accountTitle: "Legen Sie Ihr Konto an",
    accountLead: "Sie verwalten diesen Hub. Weitere Personen können später dazukommen.",
    tokenTitle: "API-Token",
    tokenLead:
      "Für Skripte und Programme, die alles dürfen. Es entstand in diesem Browser und wird nur jetzt gezeigt.",
    tokenCopied: "Ich habe es sicher verwahrt oder brauche es nicht",
    finish: "Abschließen",
    finishing: "Richtet ein …",
    already: "Inzwischen hat jemand anderes diesen Hub eingerichtet. Melden Sie sich mit dessen Konto an.",
    doneTitle: "Pulse ist eingerichtet",
    doneLead:
      "Fügen Sie den ersten Rechner hinzu: Führen Sie dies dort aus. Er erscheint, sobald er sich meldet.",
    doneSignIn: "Ihr Konto ist angelegt. Melden Sie sich an, um weiterzumachen.",
    showCommand: "Befehl zeigen",
    commandFailed:
      "Ein Token für den Rechner konnte nicht erzeugt werden. In den Einstellungen geht es auch.",
    open: "Zur Übersicht",
    next: "Weiter",
    back: "Zurück",
  },
};
