# (b): one PDF a note by pandoc and latexmk: make -f latexmk.mk -j2 PANDOC=…
NOTES := $(sort $(wildcard notes/*/*.md))

all: $(NOTES:notes/%.md=build/%.pdf)

build/%.pdf: build/%.tex
	latexmk -xelatex -silent -halt-on-error -interaction=nonstopmode -outdir=$(@D) $<

build/%.tex: notes/%.md latex.yaml note.latex figures.lua
	@mkdir -p $(@D)
	$(PANDOC) --defaults=latex.yaml $< -o $@

.SECONDARY:
