"""Words that fill templates and carry no sentence: a description made of them and the title tells nothing."""

from __future__ import annotations

from socialbot.reading.words import words

# Left out where another language means something by it: "die", "man" and "come" are English words as well.
FILLERS = frozenset(
    words(
        # English
        "a about all amazing an and any are article as at be best beginner beginners blog by can check complete "
        "comprehensive discover do essential everything expert explore find for from full get great guide help here how "
        "if in insight insights into introduction is it its know latest learn look more must need news of on or our out "
        "overview popular post practical read see should some story that the their these this those tip tips to today top "
        "topic topics trend trending trends tricks tutorial ultimate update useful we what when where which why will with "
        "you your "
        # German
        "alles anfänger artikel beitrag besten das dem den der dich dieser diesem du ein eine einblicke einblicken einen "
        "entdecke entdecken erfahre erfahren erkenntnisse erkenntnissen für hier ihr im ist leitfaden lerne lernen lesen mehr "
        "mit müssen nützliche oder praktische praktischen rund sie sind thema tipps über um umfassende und von was wie wissen "
        "wissenswertes zu zum zur "
        # French
        "apprendre apprenez astuces au aux avec ce cet cette complet conseils dans débutants découvrez découvrir des devez du "
        "en et idées la le les meilleures meilleurs nos notre plus pour pratiques que savoir sujet sur tendance tous tout un "
        "une utiles vos votre vous à "
        # Spanish
        "aprende aprender aquí artículo completa con conoce consejos cómo debes definitiva del descubre descubrir el este guía "
        "ideas las lee leer lo los mejores más necesitas para por principiantes prácticos saber sobre su tema tendencia todo "
        "todos tu trucos y "
        # Italian
        "articolo che completa consigli dei della delle devi di e gli guida il imparare impara leggi migliori per più pratici "
        "principianti quello questo qui sapere scopri scoprire su sul tendenza trucchi tua tuo tutti tutto "
        # Portuguese
        "aprenda artigo as com completo conheça da de deve dicas do dos definitivo guia ideias iniciantes leia ler mais "
        "melhores na no o os práticas precisa seu sua tendência truques tudo um uma você "
        # Dutch
        "aan alles artikel beginners de deze dit een en gids het hoe inzichten je jouw leer leren lees lezen meer met moet of "
        "onderwerp ontdek ontdekken op over praktische trucs uw van voor wat weten"
    )
)
