"""Architectures beyond torchvision's, small, in plain modules, as their authors export them: what users bring that is neither a classifier of pictures nor a plain transformer."""
import families_detectors
import families_pictures
import families_sound
import families_tables
import families_text


def everything():
    return {name: one for kind in (families_sound, families_text, families_tables, families_detectors, families_pictures) for name, one in kind.everything().items()}
