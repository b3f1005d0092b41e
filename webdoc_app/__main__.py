"""`python -m webdoc_app COMMAND`."""

from webdoc_app.cli import main

if __name__ == "__main__":
    main()
