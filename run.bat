@echo off
rem Opens the web page on Windows, on the embedded sample. Ctrl-C or closing this window ends it.
rem Written with care, but not tried on a Windows machine: please report what does not work.
setlocal
chcp 65001 >nul
cd /d "%~dp0"
set "PY=py -3"
where py >nul 2>nul || set "PY=python"
%PY% -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>nul
if errorlevel 1 (
  echo Hongtu needs Python 3.11 or newer. Install it from python.org and run this file again.
  pause
  exit /b 1
)
if not exist ".venv\ready" (
  %PY% -m venv .venv || goto failed
  ".venv\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check -r requirements\run.txt || goto failed
  ".venv\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-deps -e . || goto failed
  type nul > ".venv\ready"
)
".venv\Scripts\python.exe" app.py || goto failed
exit /b 0

:failed
echo Something went wrong; the lines above say what.
pause
exit /b 1
