# Installs the Pulse agent as a Windows service, brings it up to date, or removes it.
#
#   $env:PULSE_URL = 'http://pulse:7655'; $env:PULSE_TOKEN = '<token>'; irm "$env:PULSE_URL/install.ps1" | iex
#
# Needs Windows PowerShell 5.1 or newer, run as an administrator.
param(
    [string]$Url = $env:PULSE_URL,
    [string]$Token = $env:PULSE_TOKEN,
    [string]$Interval = '30s',
    [bool]$EnableHost = ($env:PULSE_ENABLE_HOST -notin 'false', '0', 'no'),
    [bool]$EnableDocker = ($env:PULSE_ENABLE_DOCKER -in 'true', '1', 'yes'),
    [bool]$EnableKubernetes = ($env:PULSE_ENABLE_KUBERNETES -in 'true', '1', 'yes'),
    [bool]$Insecure = ($env:PULSE_INSECURE_SKIP_VERIFY -in 'true', '1', 'yes'),
    [bool]$Uninstall = $false,
    [string]$AgentId = ''
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue' # drawing progress slows a download down

$Service = 'pulse-agent'
$UpdateTask = 'Pulse agent update'
$Folder = Join-Path $env:ProgramFiles 'Pulse'
$Program = Join-Path $Folder 'pulse-agent.exe'
$Data = Join-Path $env:ProgramData 'pulse-agent'
$Config = Join-Path $Data 'config.yaml'
$TokenFile = Join-Path $Data 'token'
$State = Join-Path $Data 'state'

function Assert-Administrator {
    $user = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
    if (-not $user.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'This has to run as an administrator.'
    }
}

# Get-Target returns the name under which the hub has the program for this machine.
function Get-Target {
    $processor = $env:PROCESSOR_ARCHITECTURE
    if ($env:PROCESSOR_ARCHITEW6432) { $processor = $env:PROCESSOR_ARCHITEW6432 }
    switch ($processor) {
        'AMD64' { return 'windows-amd64' }
        'ARM64' { return 'windows-arm64' }
        'x86' { return 'windows-386' }
        default { throw "There is no agent for $processor." }
    }
}

# Set-Trust makes web requests use TLS 1.2, and skips verification where that is asked for.
function Set-Trust {
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    if ($Insecure) { [Net.ServicePointManager]::ServerCertificateValidationCallback = { $true } }
}

function Get-WebOptions {
    $options = @{ UseBasicParsing = $true; TimeoutSec = 300 }
    if ($Insecure -and $PSVersionTable.PSVersion.Major -ge 6) { $options.SkipCertificateCheck = $true }
    return $options
}

# Save-Program downloads the program to a file and makes sure that it is the one.
function Save-Program([string]$File) {
    $target = Get-Target
    Write-Host "Downloading the agent for $target from $Url"
    $options = Get-WebOptions
    $answer = Invoke-WebRequest @options -Uri "$Url/download/pulse-agent?arch=$target" -OutFile $File -PassThru
    $want = [string]($answer.Headers['X-Checksum-Sha256'] | Select-Object -First 1)
    if ($want.Length -ne 64) { throw 'The hub does not tell the checksum of the program.' }
    if ((Get-FileHash -Algorithm SHA256 -Path $File).Hash -ne $want) {
        throw 'The checksum of the program is wrong: nothing was changed.'
    }
    $head = [byte[]]::new(2)
    $stream = [IO.File]::OpenRead($File)
    try { [void]$stream.Read($head, 0, 2) } finally { $stream.Dispose() }
    if ($head[0] -ne 0x4d -or $head[1] -ne 0x5a) { throw 'What the hub sent is no program for Windows.' }
}

# Protect-Folder lets nobody but the system, administrators and an account in.
function Protect-Folder([string]$Path, [string]$Account, [string]$Rights) {
    $grants = @('*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F')
    if ($Account -ne 'LocalSystem') { $grants += "${Account}:(OI)(CI)$Rights" }
    & icacls.exe $Path /inheritance:r /grant:r $grants | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "The rights of $Path could not be set." }
}

function Format-Yaml([string]$Text) { return "'" + $Text.Replace("'", "''") + "'" }

function Write-Configuration {
    $lines = @(
        '# Written by the installer of the Pulse agent.'
        "url: $(Format-Yaml $Url)"
        "token-file: $(Format-Yaml $TokenFile)"
        "state-dir: $(Format-Yaml $State)"
        "interval: $(Format-Yaml $Interval)"
        "enable-host: $("$EnableHost".ToLower())"
        "enable-docker: $("$EnableDocker".ToLower())"
        "enable-kubernetes: $("$EnableKubernetes".ToLower())"
        "insecure: $("$Insecure".ToLower())"
    )
    if ($AgentId) { $lines += "agent-id: $(Format-Yaml $AgentId)" }
    [IO.File]::WriteAllLines($Config, $lines)
    if ($Token) { [IO.File]::WriteAllText($TokenFile, $Token) }
}

function Stop-Agent {
    if (Get-Service -Name $Service -ErrorAction SilentlyContinue) {
        Stop-Service -Name $Service -Force
    }
}

# Invoke-Checked runs a program of the system that must not fail.
function Invoke-Checked([string]$File, [string[]]$Arguments) {
    & $File @Arguments | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "$File ended with $LASTEXITCODE." }
}

function Install-Agent {
    if (-not $Url) { throw '-Url is needed: the address of the hub.' }
    if (-not $Token -and -not (Test-Path $TokenFile)) { throw "-Token is needed: make one on the hub's page." }
    # The pipe of the Docker engine is for administrators and the system; everything else needs no rights.
    $account = "NT SERVICE\$Service"
    if ($EnableDocker) { $account = 'LocalSystem' }

    New-Item -ItemType Directory -Force -Path $Folder, $Data, $State | Out-Null
    $download = Join-Path $Folder 'pulse-agent.download.exe'
    try {
        Save-Program $download
        Stop-Agent
        Remove-Item -Force -Path "$Program.backup", (Join-Path $Folder '.pulse-update-info') -ErrorAction SilentlyContinue
        Move-Item -Force -Path $download -Destination $Program
    } finally {
        Remove-Item -Force -Path $download -ErrorAction SilentlyContinue
    }

    $command = "`"$Program`" --config `"$Config`""
    if (-not (Get-Service -Name $Service -ErrorAction SilentlyContinue)) {
        New-Service -Name $Service -DisplayName 'Pulse agent' -Description 'Reports this machine to Pulse.' -BinaryPathName $command -StartupType Automatic | Out-Null
    }
    Invoke-Checked 'sc.exe' @('config', $Service, 'binPath=', $command, 'obj=', $account)
    Invoke-Checked 'sc.exe' @('failure', $Service, 'reset=', '86400', 'actions=', 'restart/5000/restart/5000/restart/60000')
    Invoke-Checked 'sc.exe' @('failureflag', $Service, '1')
    # The agent may not replace its own program; the task below does, once an hour.
    Set-ItemProperty -Path "HKLM:\SYSTEM\CurrentControlSet\Services\$Service" -Name Environment -Type MultiString -Value @('PULSE_DISABLE_AUTO_UPDATE=true')
    Protect-Folder $Data $account 'RX'
    Protect-Folder $State $account 'M'
    Write-Configuration
    Invoke-Checked 'schtasks.exe' @('/Create', '/F', '/TN', $UpdateTask, '/RU', 'SYSTEM', '/SC', 'HOURLY', '/TR', "\`"$Program\`" update --config \`"$Config\`"")
    Start-Service -Name $Service
    Write-Host "The Pulse agent is installed and reports to $Url."
}

# Unregister-Agent takes this machine off the hub's list.
function Unregister-Agent {
    if (-not $Url -or -not $Token) { return }
    $id = $AgentId
    $noted = Join-Path $State 'agent-id'
    if (-not $id -and (Test-Path $noted)) { $id = (Get-Content -TotalCount 1 $noted).Trim() }
    if ($id -notmatch '^[A-Za-z0-9._:-]+$') { return }
    $options = Get-WebOptions
    try {
        Invoke-WebRequest @options -Method Post -Uri "$Url/api/agents/host/uninstall" -Headers @{ 'X-API-Token' = $Token } `
            -ContentType 'application/json' -Body "{`"hostId`":`"$id`"}" | Out-Null
    } catch {
        Write-Warning "The hub did not answer: remove this machine on its page."
    }
}

function Uninstall-Agent {
    Unregister-Agent
    Stop-Agent
    if (Get-Service -Name $Service -ErrorAction SilentlyContinue) {
        Invoke-Checked 'sc.exe' @('delete', $Service)
    }
    & schtasks.exe /Delete /F /TN $UpdateTask 2>$null | Out-Null # there may be none
    Remove-Item -Recurse -Force -Path $Folder, $Data -ErrorAction SilentlyContinue
    Write-Host 'The Pulse agent is removed.'
}

Assert-Administrator
Set-Trust
if ($Url) { $Url = $Url.TrimEnd('/') }
if ($Uninstall) { Uninstall-Agent } else { Install-Agent }
