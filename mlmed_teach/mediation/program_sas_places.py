"""The part of the program of SAS that makes effects at values of moderators: a data step with small matrices."""

from __future__ import annotations

from .program_names import plain
from .program_parts import Level, Parts
from .program_places import Place, rows_of
from .program_text import wrapped

_AT_EACH_PLACE = """\
  /* The paths at each place, their covariance matrix s, and the effects. */
  do k = 1 to {places};
    do i = 1 to 3;
      p{{k,i}} = 0;
      do g = 1 to {terms};
        p{{k,i}} = p{{k,i}} + t{{k,i,g}} * est{{g}};
      end;
      do j = 1 to 3;
        s{{i,j}} = 0;
        do g = 1 to {terms};
          do h = 1 to {terms};
            s{{i,j}} = s{{i,j}} + t{{k,i,g}} * vb{{g,h}} * t{{k,j,h}};
          end;
        end;
      end;
    end;
    place = names{{k}};
    a = p{{k,1}};
    b = p{{k,2}};
    indirect = a * b + (&cab);
    se_indirect = sqrt(b**2 * s{{1,1}} + a**2 * s{{2,2}} + 2 * a * b * s{{1,2}} + s{{1,1}} * s{{2,2}} + s{{1,2}}**2
      + (&secab)**2);
    direct = p{{k,3}};
    se_direct = sqrt(s{{3,3}});
    total = indirect + direct;
    se_total = sqrt(se_indirect**2 + s{{3,3}} + 2 * b * s{{1,3}} + 2 * a * s{{2,3}});
    if k <= {shown} then output;
  end;"""

_CHANGES = """\
  /* Changes of the indirect effect between two places, with delta standard errors; cov(a_j, b_j) cancels. */
  direct = .;
  se_direct = .;
  total = .;
  se_total = .;
  do k = {first} to {last} by 2;
    place = names{{k}};
    indirect = p{{k+1,1}} * p{{k+1,2}} - p{{k,1}} * p{{k,2}};
    variance = 0;
    do g = 1 to {terms};
      grad{{g}} = p{{k+1,2}} * t{{k+1,1,g}} + p{{k+1,1}} * t{{k+1,2,g}} - p{{k,2}} * t{{k,1,g}} - p{{k,1}} * t{{k,2,g}};
    end;
    do g = 1 to {terms};
      do h = 1 to {terms};
        variance = variance + grad{{g}} * vb{{g,h}} * grad{{h}};
      end;
    end;
    se_indirect = sqrt(variance);
    output;
  end;"""


def moderated_in_sas(parts: Parts, level: Level) -> list[str]:
    """Lines after those of the level, whose macro variables cab and secab they use.

    Parameters
    ----------
    parts : Parts
    level : Level
        With places.

    Returns
    -------
    list of str
    """
    terms, n, columns = level.terms, len(level.terms), len(parts.terms)
    position = {term.name: k for k, term in enumerate(parts.terms, 1)}
    ends = [(change.label, place) for change in level.changes for place in (change.low, change.high)]
    places: list[tuple[str, Place]] = [*((place.label, place) for place in level.places), *ends]
    shown, count = len(level.places), len(places)
    labels = [f'"{plain(label)}"' for label, _ in places]
    width = max(map(len, labels)) - 2
    lines = [
        f"/* ---- effects at values of moderators{f', {level.label} clusters' if level.label else ''} ----",
        "   At place k, path i (a, b, c') is the sum of the estimates, each times t{k,i,.}. After the places that are",
        "   shown come, for each change of the indirect effect, where it starts and where it ends. */",
        "data conditional;",
        f"  length place $ {width};",
        *wrapped(f"  array names{{{count}}} $ {width} _temporary_ (", labels, ");", " "),
        *wrapped(f"  array row{{{n}}} _temporary_ (", [str(position[term]) for term in terms], ");", " "),
        f"  array est{{{n}}} _temporary_;",
        f"  array vb{{{n},{n}}} _temporary_;",
        f"  array t{{{count},3,{n}}} _temporary_ ({count * 3 * n}*0);",
        f"  array p{{{count},3}} _temporary_;",
        "  array s{3,3} _temporary_;",
        f"  array grad{{{n}}} _temporary_;",
        f"  array column{{{columns}}} Col1-Col{columns};",
        f"  do i = 1 to {n};",
        "    at = row{i};",
        "    set paths(keep=Estimate) point=at;",
        "    est{i} = Estimate;",
        f"    set covb(keep=Col1-Col{columns}) point=at;",
        f"    do j = 1 to {n};",
        "      vb{i,j} = column{row{j}};",
        "    end;",
        "  end;",
        f"  do k = 1 to {count};",
        "    do i = 1 to 3;",
        "      t{k,i,i} = 1;",
        "    end;",
        "  end;",
    ]
    for k, (_, place) in enumerate(places, 1):
        for i, row in enumerate(rows_of(place, terms), 1):
            lines += [f"  t{{{k},{i},{g}}} = {text};" for g, text in enumerate(row, 1) if g > 3 and text != "0"]
    lines.append(_AT_EACH_PLACE.format(places=count, terms=n, shown=shown))
    if level.changes:
        lines.append(_CHANGES.format(first=shown + 1, last=count, terms=n))
    return [
        *lines,
        "  stop;",
        "  keep place indirect se_indirect direct se_direct total se_total;",
        "run;",
        f'title "{level.tag}effects at values of moderators, and changes of the indirect effect";',
        "proc print data=conditional noobs;",
        "run;",
        "",
    ]
