"""notepress: Markdown study notes with LaTeX math become print-quality PDFs and an up-to-date README."""

__version__ = "0.1.0"
