"""`python -m bot` is `connecteur`."""

from bot.cli import main

raise SystemExit(main())
