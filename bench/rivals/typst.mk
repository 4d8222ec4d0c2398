# (c): one PDF a note by pandoc and Typst: make -f typst.mk -j2 PANDOC=… PYTHON=…
NOTES := $(sort $(wildcard notes/*/*.md))

all: $(NOTES:notes/%.md=build/%.pdf)

build/%.pdf: build/%.typ typst_compile.py
	$(PYTHON) typst_compile.py $< $@

build/%.typ: notes/%.md typst.yaml fonts.yaml note.typ figures.lua
	@mkdir -p $(@D)
	$(PANDOC) --defaults=typst.yaml --defaults=fonts.yaml $< -o $@

.SECONDARY:
